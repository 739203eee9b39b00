using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Http;

/// <summary>Requests and answers recorded from a real API server, and the comparison with them.</summary>
internal static partial class Recorded
{
    private static readonly string[] ComparedHeaders = ["Cache-Control", "Content-Type", "Warning", "Retry-After"];

    /// <summary>
    /// Recorded requests that no test sends: what follows the restart of an instance that takes its time to die and one that crashes, since
    /// instances of the sandbox do neither.
    /// </summary>
    public static readonly IReadOnlyList<(string File, int Index)> LeftOut = [("subresources.json", 7), ("subresources.json", 8), ("subresources.json", 9)];

    public static IReadOnlyList<string> Files { get; } =
        [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "fixtures", "api"), "*.json").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    public static List<JsonObject> Load(string file)
    {
        var path = Path.Combine(AppContext.BaseDirectory, "fixtures", "api", file);
        return [.. ((JsonArray)JsonNode.Parse(File.ReadAllText(path))!).Cast<JsonObject>()];
    }

    /// <summary>Sends a recorded request and says how the answer differs from the recorded one; empty when it does not.</summary>
    public static async Task<List<string>> Replay(HttpClient client, JsonObject exchange, Func<JsonNode?, JsonNode?, JsonNode?>? expect = null)
    {
        var asked = exchange["request"]!;
        using var request = new HttpRequestMessage(new HttpMethod(asked.TextAt("method")!), asked.TextAt("path"));
        var contentType = "application/json";
        foreach (var (name, value) in (JsonObject)asked["headers"]!)
        {
            if (name == "Content-Type")
                contentType = value!.GetValue<string>();
            else
                request.Headers.TryAddWithoutValidation(name, value!.GetValue<string>());
        }

        if (asked["body"] is { } body)
        {
            var text = body is JsonValue ? body.GetValue<string>() : body.ToJsonString();
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(text));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        var answered = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var wanted = exchange["response"]!;
        var differences = new List<string>();
        if ((int)response.StatusCode != wanted["status"]!.GetValue<int>())
            differences.Add($"status {(int)response.StatusCode}, recorded {wanted["status"]}: {answered}");
        foreach (var header in ComparedHeaders)
        {
            var have = response.Headers.TryGetValues(header, out var values) || response.Content.Headers.TryGetValues(header, out values)
                ? string.Join(", ", values) : null;
            var recorded = wanted.TextAt("headers", header);
            // HttpClient writes parsed headers anew, with spaces of its own.
            if (have?.Replace("; ", ";", StringComparison.Ordinal) != recorded?.Replace("; ", ";", StringComparison.Ordinal))
                differences.Add($"header {header} is '{have}', recorded '{recorded}'");
        }

        JsonNode? got = answered.StartsWith('{') ? JsonNode.Parse(answered) : JsonValue.Create(answered);
        var expected = wanted["body"];
        Compare(expect is null ? expected : expect(expected, got), got, "", differences);
        var where = $"{asked.TextAt("method")} {asked.TextAt("path")}: ";
        return [.. differences.Select(d => where + d)];
    }

    /// <summary>
    /// Compares whole trees. Identifiers, revisions, times, ages and addresses are matched by form, everything else by value.
    /// </summary>
    public static void Compare(JsonNode? wanted, JsonNode? have, string path, List<string> differences)
    {
        switch (wanted, have)
        {
            case (JsonObject a, JsonObject b):
                foreach (var key in a.Select(p => p.Key).Union(b.Select(p => p.Key)))
                {
                    if (!a.ContainsKey(key))
                        differences.Add($"{path}.{key} is {b[key]?.ToJsonString()}, not recorded");
                    else if (!b.ContainsKey(key))
                        differences.Add($"{path}.{key} is missing, recorded {a[key]?.ToJsonString()}");
                    else
                        Compare(a[key], b[key], $"{path}.{key}", differences);
                }

                break;
            case (JsonArray a, JsonArray b):
                if (a.Count != b.Count)
                    differences.Add($"{path} has {b.Count} items, recorded {a.Count}");
                for (var i = 0; i < Math.Min(a.Count, b.Count); i++)
                    Compare(a[i], b[i], $"{path}[{i}]", differences);
                break;
            default:
                if (!JsonNode.DeepEquals(wanted, have) && !Alike(path, wanted, have))
                    differences.Add($"{path} is {have?.ToJsonString()}, recorded {wanted?.ToJsonString()}");
                break;
        }
    }

    private static bool Alike(string path, JsonNode? wanted, JsonNode? have)
    {
        if (wanted?.GetValueKind() != JsonValueKind.String || have?.GetValueKind() != JsonValueKind.String)
            return false;
        string a = wanted.GetValue<string>(), b = have.GetValue<string>();
        var name = path[(path.LastIndexOf('.') + 1)..];
        return name switch
        {
            "uid" => Guid.TryParse(a, out _) && Guid.TryParse(b, out _),
            "resourceVersion" => Digits().IsMatch(a) && Digits().IsMatch(b),
            "creationTimestamp" or "deletionTimestamp" => IsTime(a) && IsTime(b),
            "serverAddress" => true,
            "continue" => Key(a) is { } key && key == Key(b),
            "message" => Revisions().Replace(a, "N") == Revisions().Replace(b, "N"),
            _ => path.Contains(".cells[", StringComparison.Ordinal) && Age().IsMatch(a) && Age().IsMatch(b),
        };
    }

    private static bool IsTime(string text) =>
        DateTimeOffset.TryParseExact(text, "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _);

    private static string? Key(string token)
    {
        if (token.Length == 0)
            return "";
        var json = Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(token));
        return JsonNode.Parse(json).TextAt("start");
    }

    [GeneratedRegex(@"^\d+$", RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex Digits();

    [GeneratedRegex(@"(?<=current: |version: 1 \()\d+", RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex Revisions();

    [GeneratedRegex(@"^(\d+[smhdy]){1,2}$", RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex Age();
}
