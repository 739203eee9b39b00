using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using KubeVirtClone.Engine.Knowledge.Identity;
using KubeVirtClone.Engine.Knowledge.Patches;
using KubeVirtClone.Engine.Tests.Support;

namespace KubeVirtClone.Engine.Tests.Identity;

/// <summary>Over random input: a wildcard leaves out exactly what it says, and any value at all gets through KubeVirt's checks and arrives as it was.</summary>
public sealed class IdentityPropertyTests
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(400);

    [Fact]
    public void An_exclusion_drops_exactly_the_keys_its_wildcard_means()
    {
        var alphabet = Gen.Elements('a', 'b', '.', '/', '-');
        var key = Text(alphabet, 0, 8);
        var glob = Text(Gen.Frequency((5, alphabet), (2, Gen.Elements('*', '?'))), 1, 6);
        Prop.ForAll((from g in glob from k in key select (g, k)).ToArbitrary(), pair =>
        {
            var (g, k) = pair;
            var filters = GlobFilter.Without(null, [g])!;
            new KeyFilter(filters).Keeps(k).ShouldBe(!Matches(g, k), $"glob '{g}', key '{k}', filter '{filters[1]}'");
            FilterRules.Check(filters, "ExcludeLabels", "label", []).ShouldBe(filters);
        }).Check(Runs);
    }

    [Fact]
    public void Any_value_is_patched_in_as_it_is_by_operations_the_restore_webhook_takes()
    {
        Prop.ForAll(Value(3).ToArbitrary(), text =>
        {
            var value = JsonNode.Parse(text);
            var patch = new JsonObject { ["op"] = "add", ["path"] = "/spec/template/spec/x", ["value"] = value?.DeepClone() }.ToJsonString();
            var operations = PatchRules.Read([patch]);
            operations.Select(o => NaiveRestoreCheck.WhyRefused(o.ToWebhookText())).ShouldAllBe(why => why == null);
            // What the server reads is the text, not our object.
            var read = operations.Select(o => (JsonObject)JsonNode.Parse(o.ToWebhookText())!).Select(o => new PatchOperation(o["op"]!.GetValue<string>(), o["path"]!.GetValue<string>())
            {
                From = o["from"]?.GetValue<string>(),
                HasValue = o.ContainsKey("value"),
                Value = o["value"]?.DeepClone(),
            });
            var machine = World.Machine("m");
            JsonPatchApplier.Apply(machine, read).ShouldBeNull();
            JsonNode.DeepEquals(machine["spec"]!["template"]!["spec"]!["x"], value).ShouldBeTrue(text);
        }).Check(Runs);
    }

    private static Gen<string> Text(Gen<char> letters, int min, int max) =>
        from length in Gen.Choose(min, max)
        from chars in letters.ArrayOf(length)
        select new string(chars);

    private static Gen<string> Value(int depth)
    {
        var text = Text(Gen.Elements('a', ':', ',', '"', '\\', '{', '}', '/', '~', ' ', 'é', '\n'), 0, 6).Select(t => JsonValue.Create(t)!.ToJsonString());
        var leaf = Gen.OneOf(text, Gen.Elements("1", "true", "null", "-2.5", "{}", "[]"));
        if (depth == 0)
            return leaf;
        var inner = Value(depth - 1);
        var list = from n in Gen.Choose(0, 3) from items in inner.ArrayOf(n) select $"[{string.Join(',', items)}]";
        var map = from n in Gen.Choose(0, 3)
                  from items in inner.ArrayOf(n)
                  from keys in text.ArrayOf(n)
                  select "{" + string.Join(',', keys.Zip(items).DistinctBy(p => p.First).Select(p => $"{p.First}:{p.Second}")) + "}";
        return Gen.Frequency((2, leaf), (1, list), (2, map));
    }

    // Written out, as a second opinion on the regular expressions.
    private static bool Matches(ReadOnlySpan<char> glob, ReadOnlySpan<char> key)
    {
        if (glob.IsEmpty)
            return key.IsEmpty;
        if (glob[0] == '*')
            return Matches(glob[1..], key) || (!key.IsEmpty && Matches(glob, key[1..]));
        return !key.IsEmpty && (glob[0] == '?' || glob[0] == key[0]) && Matches(glob[1..], key[1..]);
    }
}
