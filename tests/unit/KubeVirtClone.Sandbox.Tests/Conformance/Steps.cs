using System.Text.Json.Nodes;

namespace KubeVirtClone.Sandbox.Tests.Conformance;

/// <summary>What every client must find; each step has objects of its own, whose names begin with the mark it is given.</summary>
internal static class Steps
{
    public static readonly IReadOnlyDictionary<string, Func<IDriver, string, Task>> All = new Dictionary<string, Func<IDriver, string, Task>>(StringComparer.Ordinal)
    {
        ["create and get"] = async (d, m) =>
        {
            var made = (await d.CreateAsync(Resource.Map, Map(m, "a", "1"))).Value;
            made["metadata"]!["uid"]!.GetValue<string>().ShouldNotBeEmpty();
            var read = (await d.GetAsync(Resource.Map, m)).Value;
            read["metadata"]!["uid"]!.GetValue<string>().ShouldBe(made["metadata"]!["uid"]!.GetValue<string>());
            read["data"]!["a"]!.GetValue<string>().ShouldBe("1");
        },
        ["404 of an object"] = async (d, m) => Refused(await d.GetAsync(Resource.Machine, m), "NotFound", $"virtualmachines.kubevirt.io \"{m}\" not found"),
        ["409 of a name in use"] = async (d, m) =>
        {
            (await d.CreateAsync(Resource.Machine, Machine(m))).Value["kind"]!.GetValue<string>().ShouldBe("VirtualMachine");
            Refused(await d.CreateAsync(Resource.Machine, Machine(m)), "AlreadyExists", $"virtualmachines.kubevirt.io \"{m}\" already exists");
        },
        ["409 of a stale write"] = async (d, m) =>
        {
            await d.CreateAsync(Resource.Map, Map(m, "a", "1"));
            var patch = Map(m, "a", "2");
            patch["metadata"]!["resourceVersion"] = "1";
            Refused(await d.PatchAsync(Resource.Map, m, "merge", patch), "Conflict", "the object has been modified");
            (await d.GetAsync(Resource.Map, m)).Value["data"]!["a"]!.GetValue<string>().ShouldBe("1");
        },
        ["422 of a wrong object"] = async (d, m) =>
            Refused(await d.CreateAsync(Resource.Map, Map(m + "_wrong", "a", "1")), "Invalid", "metadata.name: Invalid value"),
        ["400 of an unknown field"] = async (d, m) =>
        {
            var clone = Clone(m);
            clone["spec"]!["nonsense"] = 1;
            Refused(await d.CreateAsync(Resource.VmClone, clone), "BadRequest", "strict decoding error: unknown field \"spec.nonsense\"");
        },
        ["a refused create leaves nothing"] = async (d, m) =>
        {
            var clone = Clone(m);
            clone["spec"]!["source"]!["kind"] = "Pod";
            (await d.CreateAsync(Resource.VmClone, clone)).Ok.ShouldBeFalse();
            (await d.GetAsync(Resource.VmClone, m)).Reason.ShouldBe("NotFound");
        },
        ["list, in pages"] = async (d, m) =>
        {
            for (var i = 0; i < 7; i++)
                await d.CreateAsync(Resource.Map, Map($"{m}-{i}", "a", "1", m));
            var items = (await d.ListAsync(Resource.Map, labels: "suite=" + m, pageSize: 3)).Value.AsArray();
            Names(items).ShouldBe(Enumerable.Range(0, 7).Select(i => $"{m}-{i}"));
        },
        ["selectors"] = async (d, m) =>
        {
            await d.CreateAsync(Resource.Map, Map(m + "-a", "a", "1", m));
            await d.CreateAsync(Resource.Map, Map(m + "-b", "a", "1", m + "-other"));
            Names((await d.ListAsync(Resource.Map, labels: $"suite in ({m},{m}-other),suite!={m}")).Value).ShouldBe([m + "-b"]);
            Names((await d.ListAsync(Resource.Map, fields: $"metadata.name={m}-a")).Value).ShouldBe([m + "-a"]);
            Refused(await d.ListAsync(Resource.Map, fields: "spec.color=red"), "BadRequest", "is not a known field selector");
        },
        ["watch"] = async (d, m) =>
        {
            await d.CreateAsync(Resource.Map, Map(m + "-1", "a", "1", m));
            await using var watch = d.Watch(Resource.Map, "suite=" + m);
            (await watch.NextAsync()).ShouldBe($"ADDED/{m}-1");
            await d.CreateAsync(Resource.Map, Map(m + "-2", "a", "1", m));
            (await watch.NextAsync()).ShouldBe($"ADDED/{m}-2");
            await d.PatchAsync(Resource.Map, m + "-1", "merge", Map(m + "-1", "a", "2", m));
            (await watch.NextAsync()).ShouldBe($"MODIFIED/{m}-1");
            await d.DeleteAsync(Resource.Map, m + "-2");
            (await watch.NextAsync()).ShouldBe($"DELETED/{m}-2");
        },
        ["patches"] = async (d, m) =>
        {
            await d.CreateAsync(Resource.Map, Map(m, "a", "1"));
            await d.PatchAsync(Resource.Map, m, "merge", JsonNode.Parse("""{"data":{"a":null,"b":"2"}}""")!);
            await d.PatchAsync(Resource.Map, m, "json", JsonNode.Parse("""[{"op":"test","path":"/data/b","value":"2"},{"op":"add","path":"/data/c","value":"3"}]""")!);
            var last = (await d.PatchAsync(Resource.Map, m, "strategic", JsonNode.Parse("""{"metadata":{"labels":{"x":"y"}}}""")!)).Value;
            last["data"]!.ToJsonString().ShouldBe("""{"b":"2","c":"3"}""");
            last["metadata"]!["labels"]!["x"]!.GetValue<string>().ShouldBe("y");
            Refused(await d.PatchAsync(Resource.Map, m, "json", JsonNode.Parse("""[{"op":"remove","path":"/data/z"}]""")!), "Invalid", "");
            await d.CreateAsync(Resource.Machine, Machine(m));
            Refused(await d.PatchAsync(Resource.Machine, m, "strategic", new JsonObject()), "UnsupportedMediaType", "");
        },
        ["server-side apply"] = async (d, m) =>
        {
            (await d.ApplyAsync(Resource.Map, Map(m, "a", "1"), "one")).Value["data"]!["a"]!.GetValue<string>().ShouldBe("1");
            (await d.ApplyAsync(Resource.Map, Map(m, "b", "2"), "two")).Value["data"]!.ToJsonString().ShouldBe("""{"a":"1","b":"2"}""");
            Refused(await d.ApplyAsync(Resource.Map, Map(m, "a", "9"), "two"), "Conflict", "conflict with \"one\"");
            (await d.ApplyAsync(Resource.Map, Map(m, "a", "9"), "two", force: true)).Value["data"]!["a"]!.GetValue<string>().ShouldBe("9");
        },
        ["dry run"] = async (d, m) =>
        {
            (await d.CreateAsync(Resource.Machine, Machine(m), dryRun: true)).Value["metadata"]!["name"]!.GetValue<string>().ShouldBe(m);
            (await d.GetAsync(Resource.Machine, m)).Reason.ShouldBe("NotFound");
            await d.CreateAsync(Resource.Map, Map(m, "a", "1"));
            (await d.DeleteAsync(Resource.Map, m, dryRun: true)).Ok.ShouldBeTrue();
            (await d.GetAsync(Resource.Map, m)).Ok.ShouldBeTrue();
        },
        ["delete"] = async (d, m) =>
        {
            await d.CreateAsync(Resource.Map, Map(m, "a", "1"));
            (await d.DeleteAsync(Resource.Map, m)).Ok.ShouldBeTrue();
            Refused(await d.DeleteAsync(Resource.Map, m), "NotFound", $"configmaps \"{m}\" not found");
        },
        ["the status subresource"] = async (d, m) =>
        {
            var machine = Machine(m);
            machine["status"] = new JsonObject { ["desiredGeneration"] = 77 };
            (await d.CreateAsync(Resource.Machine, machine)).Value["status"]?["desiredGeneration"]?.GetValue<int>().ShouldNotBe(77);
            var patched = (await d.PatchAsync(
                Resource.Machine, m, "merge", JsonNode.Parse("""{"spec":{"runStrategy":"Always"},"status":{"desiredGeneration":78}}""")!, "status")).Value;
            patched["status"]!["desiredGeneration"]!.GetValue<int>().ShouldBe(78);
            patched["spec"]!["runStrategy"]!.GetValue<string>().ShouldBe("Halted");
        },
        ["start and stop"] = async (d, m) =>
        {
            (await d.PowerAsync(m, "start")).Reason.ShouldBe("NotFound");
            await d.CreateAsync(Resource.Machine, Machine(m));
            Refused(await d.PowerAsync(m, "stop"), "Conflict", "VM is not running");
            (await d.PowerAsync(m, "start")).Ok.ShouldBeTrue();
            (await d.GetAsync(Resource.Machine, m)).Value["spec"]!["runStrategy"]!.GetValue<string>().ShouldBe("Always");
        },
    };

    private static void Refused(Reply reply, string reason, string words)
    {
        reply.Reason.ShouldBe(reason, reply.Message);
        reply.Message.ShouldContain(words);
    }

    private static IEnumerable<string> Names(JsonNode items) => items.AsArray().Select(i => i!["metadata"]!["name"]!.GetValue<string>());

    private static JsonObject Map(string name, string key, string value, string? label = null) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "ConfigMap",
        ["metadata"] = label is null ? new JsonObject { ["name"] = name } : new JsonObject { ["name"] = name, ["labels"] = new JsonObject { ["suite"] = label } },
        ["data"] = new JsonObject { [key] = value },
    };

    private static JsonObject Machine(string name) => new()
    {
        ["apiVersion"] = Resource.Machine.ApiVersion,
        ["kind"] = Resource.Machine.Kind,
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = JsonNode.Parse("""{"runStrategy":"Halted","template":{"spec":{"domain":{"devices":{},"memory":{"guest":"1Gi"}}}}}"""),
    };

    private static JsonObject Clone(string name) => new()
    {
        ["apiVersion"] = Resource.VmClone.ApiVersion,
        ["kind"] = Resource.VmClone.Kind,
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = JsonNode.Parse("""{"source":{"apiGroup":"kubevirt.io","kind":"VirtualMachine","name":"nobody"}}"""),
    };
}
