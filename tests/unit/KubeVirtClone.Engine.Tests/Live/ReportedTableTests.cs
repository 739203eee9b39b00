using System.Diagnostics;
using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Diagnosis;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Preflight.Subjects;
using KubeVirtClone.Engine.Tests.Support;
using KubeVirtClone.Kubernetes;
using static KubeVirtClone.Engine.Tests.Live.ReportedSituation;

namespace KubeVirtClone.Engine.Tests.Live;

/// <summary>
/// Kinds of situations that people reported, in one table: what Test, New, Debug and Compare say of each, found by running all four on the sandbox. What no
/// clone can come of is never posted; it is posted all the same here, without any check, so that the diagnosis has something to explain.
/// </summary>
public sealed class ReportedTableTests(ITestOutputHelper output)
{
    // 70 characters.
    private const string LongName = "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn";

    private static readonly Kind[] Kinds =
    [
        new("template named as a claim", () => StartAsync("dvt-referenced-as-pvc"), Request("c-dvtpvc", "win-tmpl", "copy-1"))
            { Test = "-", New = "made, warns", Debug = "Completed", Compare = "as asked" },
        new("the same, posted as it stands", () => StartAsync("dvt-referenced-as-pvc"), Request("c-dvtpvc", "win-tmpl", "copy-1") with { Patches = ["""{"op":"add","path":"/spec/dataVolumeTemplates/0/metadata/labels","value":{}}"""] })
            { Test = "Error TargetRefused", New = "refused: TargetRefused", Debug = "TargetRefused, never ends" },
        new("annotations without room", () => SandboxAsync(s => MakeFullAsync(s, "full", 262_100)), Request("default", "full", "full-2"))
            { Test = "Error TargetRefused", New = "refused: TargetRefused", Debug = "TargetRefused, never ends" },
        new("annotations that fit", () => SandboxAsync(s => MakeFullAsync(s, "large", 200_000)), Request("default", "large", "large-2"))
            { Test = "-", New = "made", Debug = "Completed", Compare = "as asked" },
        new("source's name is no label value", () => SandboxAsync(s => MakeLongAsync(s)), Request("default", LongName, "short"))
            { Test = "Error SourceNameLong", New = "refused: SourceNameLong", Debug = "SourceNameLong, never ends" },
        new("DataSource of a template gone", () => SandboxAsync(s => MakeSourcelessAsync(s)), Request("default", "sourceless", "sourceless-2"))
            { Test = "Warning TemplateSourceMissing", New = "made, warns", Debug = "Completed", Compare = "as asked" },
        new("the same, by method Clone", () => SandboxAsync(s => MakeSourcelessAsync(s)), Request("default", "sourceless", "sourceless-2"))
            { Method = CloneMethodChoice.Clone, Test = "Error TemplateSourceMissing", New = "refused: TemplateSourceMissing", Debug = "TemplateSourceMissing, never ends" },
        new("memory dump", () => StartAsync("memory-dump-volume"), Request("c-memdump", "db", "db-2"))
            { Test = "-", New = "made", Debug = "Completed", Compare = "as asked" },
        new("memory dump, its claim gone", async () => await ThenAsync(await StartAsync("memory-dump-volume"), LoseDumpAsync), Request("c-memdump", "db", "db-3"))
            { Test = "Error ClaimMissing", New = "refused: ClaimMissing", Debug = "SourceClaimMissing, never ends" },
        new("quota and restore size", () => StartAsync("quota-restore-size"), Request("c-rsize", "app", "app-2"))
            { Test = "Error QuotaExceeded", New = "refused: QuotaExceeded", Debug = "QuotaExceeded, never ends" },
        new("instance type drift", async () => await ThenAsync(await StartAsync("instancetype-drift"), DriftAsync), Request("c-itdrift", "app", "app-2"))
            { Test = "Warning InstancetypeDrift", New = "made, warns", Debug = "Completed", Compare = "instancetype.spec.cpu.guest 2 -> 8, instancetype.spec.memory.guest 4Gi -> 32Gi" },
        new("state by preference", () => StartAsync("tpm-by-preference"), Request("c-tpmpref", "win11", "copy-1"))
            { Test = "Warning StateNotCloned", New = "made, warns", Debug = "Completed", Compare = "preference.spec.devices.preferredTPM.persistent, preference.spec.firmware.preferredEfi.persistent" },
        new("live-updated CPU and memory", async () => await ThenAsync(await StartAsync("live-updated-cpu"), UntilRunningAsync, GrowAsync), Request("c-live", "app", "app-2"))
            { Test = "Warning SourceLiveUpdated, Warning SourceRunning", New = "made, warns", Debug = "Completed", Compare = "spec.template.spec.domain.cpu.sockets 4 -> 2, spec.template.spec.domain.memory.guest 4Gi -> 2Gi" },
        new("missing Secrets and ConfigMaps", () => StartAsync("missing-secrets"), Request("c-sec", "app", "app-2") with { Start = true })
            { Test = "Warning ReferenceMissing", New = "made, warns", Debug = "TargetNotStarting, never ends", Compare = "as asked" },
        new("fixed addresses in network data", () => StartAsync("static-ip-networkdata"), Request("c-net", "inline", "inline-2"))
            { Test = "Warning IdentityRepeated", New = "made", Debug = "Completed", Compare = "as asked" },
        new("network data in a Secret", () => StartAsync("static-ip-networkdata"), Request("c-net", "bysecret", "bysecret-2"))
            { Test = "Warning IdentityRepeated", New = "made", Debug = "Completed", Compare = "as asked" },
        new("owned by GitOps and Helm", () => StartAsync("gitops-tracked"), Request("c-git", "shop", "shop-2"))
            { Test = "Warning OwnedByTool", New = "made", Debug = "Completed", Compare = "as asked" },
        new("Harvester's addresses and claims", () => StartAsync("harvester-static-ip"), Request("c-harv", "web", "web-2"))
            { Test = "Warning IdentityRepeated, Warning ReferenceMissing", New = "made, warns", Debug = "Completed", Compare = "as asked" },
    ];

    [Fact]
    public async Task Test_New_Debug_and_Compare_say_what_is_right_of_every_kind()
    {
        var wrong = new List<string>();
        output.WriteLine($"| {"kind",-37} | {"Test",-50} | {"New",-30} | {"Debug",-36} | Compare |");
        foreach (var kind in Kinds)
        {
            var said = await RunAsync(kind);
            output.WriteLine($"| {said.Name,-37} | {said.Test,-50} | {said.New,-30} | {said.Debug,-36} | {said.Compare} |");
            if ((said.Test, said.New, said.Debug, said.Compare) != (kind.Test, kind.New, kind.Debug, kind.Compare))
                wrong.Add($"{kind.Name}: {kind.Test} | {kind.New} | {kind.Debug} | {kind.Compare} is right, and not {said.Test} | {said.New} | {said.Debug} | {said.Compare}");
        }

        wrong.ShouldBeEmpty();
    }

    private static async Task<Kind> RunAsync(Kind kind)
    {
        await using var sandbox = await kind.Start();
        var request = kind.Request;
        var findings = await TestAsync(sandbox, [request], kind.Method);
        var test = string.Join(", ", findings.Where(f => f.Severity <= FindingSeverity.Warning).Select(f => $"{f.Severity} {f.Code}").Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        var updates = await sandbox.CloneAsync([request], new CloneOptions { Method = kind.Method });
        var refusal = updates.Of(ItemUpdateKind.Fault).SingleOrDefault()?.Fault;
        if (refusal is not null)
        {
            (await sandbox.ClonesAsync()).ShouldNotContain(c => c.TargetName == request.TargetName, kind.Name);
            updates = await sandbox.CloneAsync([request], new CloneOptions { Preflight = false, Method = CloneMethodChoice.Clone });
        }

        var made = updates.Of(ItemUpdateKind.Record).ShouldHaveSingleItem(kind.Name).Record!;
        var debug = await ExplainAsync(sandbox, made.Reference, kind.Debug);
        var ended = debug.StartsWith(CauseCodes.Completed, StringComparison.Ordinal) || debug.StartsWith(CauseCodes.TargetNotStarting, StringComparison.Ordinal);
        return kind with
        {
            Test = test.Length == 0 ? "-" : test,
            New = refusal is not null ? $"refused: {refusal.Id}" : updates.Of(ItemUpdateKind.Warning).Count > 0 ? "made, warns" : "made",
            Debug = debug,
            Compare = ended ? Said(await CompareAsync(sandbox, request)) : "-",
        };
    }

    // Clones go through other states before; what is said when they stay away from the right one is told.
    private static async Task<string> ExplainAsync(SandboxedCluster sandbox, CloneReference reference, string right)
    {
        var said = "";
        for (var waited = Stopwatch.StartNew(); said != right && waited.Elapsed < TimeSpan.FromMinutes(1); await Task.Delay(20))
        {
            var diagnosis = (await new CloneDoctor(sandbox.Cluster).DiagnoseAsync([reference], default)).ShouldHaveSingleItem();
            said = diagnosis.Code + (diagnosis.CanEndByItself ? "" : ", never ends");
        }

        return said;
    }

    private static string Said(Insight.Comparison.MachineComparison comparison) => comparison.AsAsked ? "as asked"
        : string.Join(", ", comparison.Unexpected.Select(d => d.Path.StartsWith("preference.", StringComparison.Ordinal) ? d.Path : $"{d.Path} {d.Source} -> {d.Target}").Order(StringComparer.Ordinal));

    private static async Task<SandboxedCluster> SandboxAsync(Func<SandboxedCluster, Task> prepare) => await ThenAsync(await SandboxedCluster.StartAsync(), prepare);

    private static async Task<SandboxedCluster> ThenAsync(SandboxedCluster sandbox, params Func<SandboxedCluster, Task>[] prepare)
    {
        foreach (var step in prepare)
            await step(sandbox);
        return sandbox;
    }

    private static async Task MakeLongAsync(SandboxedCluster sandbox)
    {
        var machine = World.Machine(LongName);
        machine["spec"]!["template"]!["spec"]!["volumes"] = new JsonArray(new JsonObject { ["name"] = "root", ["persistentVolumeClaim"] = new JsonObject { ["claimName"] = "long-root" } });
        await MakeClaimAsync(sandbox, "long-root");
        await sandbox.Cluster.Client.CreateAsync(KubeVirtKinds.VirtualMachine, "default", machine, null, default);
    }

    private static async Task MakeSourcelessAsync(SandboxedCluster sandbox)
    {
        var machine = World.Machine("sourceless");
        machine["spec"]!["template"]!["spec"]!["volumes"] = new JsonArray(new JsonObject { ["name"] = "root", ["dataVolume"] = new JsonObject { ["name"] = "sourceless-root" } });
        machine["spec"]!["dataVolumeTemplates"] = JsonNode.Parse("""
            [ { "metadata": { "name": "sourceless-root" }, "spec": { "sourceRef": { "kind": "DataSource", "name": "was-here" }, "storage": { "storageClassName": "fast", "resources": { "requests": { "storage": "1Gi" } } } } } ]
            """);
        await MakeClaimAsync(sandbox, "sourceless-root");
        await sandbox.Cluster.Client.CreateAsync(KubeVirtKinds.VirtualMachine, "default", machine, null, default);
    }

    private static async Task MakeClaimAsync(SandboxedCluster sandbox, string name)
    {
        var claim = JsonNode.Parse($$"""
            { "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": { "name": "{{name}}", "namespace": "default" },
              "spec": { "storageClassName": "fast", "accessModes": ["ReadWriteOnce"], "resources": { "requests": { "storage": "1Gi" } } } }
            """)!;
        await sandbox.Cluster.Client.CreateAsync(KubeVirtKinds.PersistentVolumeClaim, "default", claim.AsObject(), null, default);
        await UntilBoundAsync(sandbox, "default", name);
    }

    /// <summary>One kind, and what each says of it: what is right, or what was said.</summary>
    private sealed record Kind(string Name, Func<Task<SandboxedCluster>> Start, CloneRequest Request)
    {
        public CloneMethodChoice Method { get; init; }

        public string Test { get; init; } = "";

        public string New { get; init; } = "";

        public string Debug { get; init; } = "";

        public string Compare { get; init; } = "-";
    }
}
