using System.Text;
using System.Text.Json;
using KubeVirtClone.Kubernetes.Serialization;

namespace KubeVirtClone.Kubernetes.Tests;

/// <summary>Where an object ends, whatever stands in its strings and however its bytes come.</summary>
public sealed class ObjectEndTests
{
    // What looks like an end and is none, or the other way round.
    private static readonly string[] Texts = ["", "}", "{", "\"", "\\", "\\\\", "\\\\\\", "\\\"", "}\\", "{}\"}", "a", "é}", "😀{", "\n}", new('\\', 63), new('\\', 64), new('\\', 65), new('"', 70), new('x', 61)];

    private static readonly JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSerializerOptions Indented = new(Plain) { WriteIndented = true };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void It_ends_where_a_parser_says_it_does_in_one_piece_and_in_many(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 300; round++)
        {
            var json = Encoding.UTF8.GetBytes(Any(random, depth: 0));
            var bytes = (byte[])[.. json, .. ",{\"next\":\"}\"}"u8];
            Whole(bytes, json.Length);
            Pieces(bytes, json.Length, random);
            // Up to its last byte it is not all there.
            new ObjectEnd().TryFind(bytes.AsSpan(0, json.Length - 1), out _).ShouldBeFalse(Encoding.UTF8.GetString(json));
        }
    }

    [Fact]
    public void An_object_is_found_at_every_place_within_a_block_of_bytes()
    {
        for (var length = 0; length < 200; length++)
        {
            foreach (var text in Texts)
            {
                var json = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { [new string('k', length)] = text }, Plain);
                Whole([.. json, .. "}}\""u8], json.Length);
            }
        }
    }

    [Fact]
    public void After_an_object_the_next_begins_anew()
    {
        var end = new ObjectEnd();
        end.TryFind("{\"a\":\"\\\\\"}"u8, out var first).ShouldBeTrue();
        first.ShouldBe(10);
        end.TryFind("{}"u8, out var second).ShouldBeTrue();
        second.ShouldBe(2);
    }

    private static void Whole(byte[] bytes, int expected)
    {
        new ObjectEnd().TryFind(bytes, out var length).ShouldBeTrue(Encoding.UTF8.GetString(bytes));
        length.ShouldBe(expected, Encoding.UTF8.GetString(bytes));
    }

    private static void Pieces(byte[] bytes, int expected, Random random)
    {
        var end = new ObjectEnd();
        for (var there = 1; ; there = Math.Min(bytes.Length, there + random.Next(1, 80)))
        {
            if (!end.TryFind(bytes.AsSpan(0, there), out var length))
            {
                there.ShouldBeLessThan(expected, Encoding.UTF8.GetString(bytes));
                continue;
            }

            length.ShouldBe(expected, Encoding.UTF8.GetString(bytes));
            return;
        }
    }

    private static string Any(Random random, int depth)
    {
        var members = new Dictionary<string, object?>();
        for (var count = random.Next(0, 5); count > 0; count--)
            members[Texts[random.Next(Texts.Length)] + count] = depth < 3 && random.Next(3) == 0 ? JsonDocument.Parse(Any(random, depth + 1)).RootElement : Texts[random.Next(Texts.Length)];
        return JsonSerializer.Serialize(members, random.Next(2) == 0 ? Plain : Indented);
    }
}
