using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Insight.Comparison;
using KubeVirtClone.Engine.Knowledge.Manifests;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Preflight;
using KubeVirtClone.Engine.Preflight.Subjects;
using KubeVirtClone.Engine.Tests.Support;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Tests.Live;

/// <summary>Inputs of situations that people reported, made in a sandbox, and what is asked of them.</summary>
internal static class ReportedSituation
{
    private static readonly ResourceKind Instancetype = new("instancetype.kubevirt.io", "v1beta1", "virtualmachineinstancetypes", "VirtualMachineInstancetype");

    /// <summary>A sandbox with the objects of a folder's manifest, its claims bound.</summary>
    public static async Task<SandboxedCluster> StartAsync(string folder, [CallerFilePath] string here = "")
    {
        var sandbox = await SandboxedCluster.StartAsync();
        var path = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "fixtures", "reports", folder + ".yaml"));
        var items = ManifestReader.Read(await File.ReadAllTextAsync(path)).ToList();
        foreach (var item in items)
        {
            var name = item["kind"]!.GetValue<string>();
            var kind = name switch
            {
                "Namespace" => RelatedKinds.Namespace,
                "Secret" => RelatedKinds.Secret,
                _ => RecordedCase.KindOf(name).ShouldNotBeNull(name),
            };
            // As a server does with what is written in plain text.
            if (item["stringData"] is JsonObject plain)
            {
                item["data"] = new JsonObject(plain.Select(p => KeyValuePair.Create<string, JsonNode?>(p.Key, Convert.ToBase64String(Encoding.UTF8.GetBytes(p.Value!.GetValue<string>())))));
                item.Remove("stringData");
            }

            await sandbox.Cluster.Client.CreateAsync(kind, item["metadata"]!["namespace"]?.GetValue<string>(), item, null, default);
        }

        var claims = items.Where(i => i["kind"]!.GetValue<string>() == "PersistentVolumeClaim").Select(i => (Namespace: i["metadata"]!["namespace"]!, Name: i["metadata"]!["name"]!))
            .Concat(items.SelectMany(i => (i["spec"]?["dataVolumeTemplates"] as JsonArray ?? []).Select(t => (Namespace: i["metadata"]!["namespace"]!, Name: t!["metadata"]!["name"]!))));
        foreach (var (ns, name) in claims)
            await UntilBoundAsync(sandbox, ns.GetValue<string>(), name.GetValue<string>());
        return sandbox;
    }

    /// <summary>A machine whose annotations have that many bytes in all.</summary>
    public static Task MakeFullAsync(SandboxedCluster sandbox, string name, int size)
    {
        var machine = WithoutDisks(name);
        machine["metadata"]!["annotations"] = new JsonObject { ["cmdb.example.com/notes"] = new string('n', size - 110), ["cmdb.example.com/size"] = "Größe 中文" };
        return sandbox.Cluster.Client.CreateAsync(KubeVirtKinds.VirtualMachine, "default", machine, null, default);
    }

    /// <summary>A machine with nothing but a container's disk.</summary>
    public static JsonObject WithoutDisks(string name)
    {
        var machine = World.Machine(name);
        machine["spec"]!["template"]!["spec"]!["volumes"] = new JsonArray(new JsonObject { ["name"] = "root", ["containerDisk"] = new JsonObject { ["image"] = "example.com/fedora" } });
        machine["spec"]!["template"]!["spec"]!["domain"]!["firmware"] = null;
        return machine;
    }

    public static Task UntilBoundAsync(SandboxedCluster sandbox, string ns, string claim) => SandboxedCluster.UntilAsync(
        async () => (await sandbox.Cluster.Client.FindAsync(KubeVirtKinds.PersistentVolumeClaim, ns, claim, default))?.StringAt("status", "phase") == "Bound");

    /// <summary>Has an instance type changed after the source has pinned it.</summary>
    public static async Task DriftAsync(SandboxedCluster sandbox)
    {
        await SandboxedCluster.UntilAsync(async () => (await sandbox.Cluster.Client.GetAsync(KubeVirtKinds.VirtualMachine, "c-itdrift", "app", default)).StringAt("status", "instancetypeRef", "controllerRevisionRef", "name") is not null);
        await sandbox.Cluster.Client.PatchAsync(Instancetype, "c-itdrift", "app-medium", PatchKind.Merge, JsonNode.Parse("""{ "spec": { "cpu": { "guest": 8 }, "memory": { "guest": "32Gi" } } }""")!, null, default);
    }

    public static Task UntilRunningAsync(SandboxedCluster sandbox) =>
        SandboxedCluster.UntilAsync(async () => (await sandbox.Cluster.Client.FindAsync(RelatedKinds.Instance, "c-live", "app", default))?.StringAt("status", "phase") == "Running");

    /// <summary>CPU and memory are added while the machine runs.</summary>
    public static Task GrowAsync(SandboxedCluster sandbox) => sandbox.Cluster.Client.PatchAsync(
        KubeVirtKinds.VirtualMachine, "c-live", "app", PatchKind.Merge, JsonNode.Parse("""{ "spec": { "template": { "spec": { "domain": { "cpu": { "sockets": 4 }, "memory": { "guest": "4Gi" } } } } } }""")!, null, default);

    /// <summary>The claim of a memory dump goes.</summary>
    public static async Task LoseDumpAsync(SandboxedCluster sandbox)
    {
        await sandbox.Cluster.Client.DeleteAsync(KubeVirtKinds.PersistentVolumeClaim, "c-memdump", "db-memory", null, default);
        await SandboxedCluster.UntilAsync(async () => await sandbox.Cluster.Client.FindAsync(KubeVirtKinds.PersistentVolumeClaim, "c-memdump", "db-memory", default) is null);
    }

    public static CloneRequest Request(string ns, string source, string target) => new() { Namespace = ns, SourceName = source, TargetName = target };

    public static async Task<IReadOnlyList<Finding>> TestAsync(SandboxedCluster sandbox, IReadOnlyList<CloneRequest> requests, CloneMethodChoice method = CloneMethodChoice.Auto) =>
        (await new ClonePreflight(sandbox.Cluster, new PreflightOptions { Method = method }).RunAsync(requests, default)).Findings;

    public static async Task<MachineComparison> CloneAndCompareAsync(SandboxedCluster sandbox, CloneRequest request)
    {
        var updates = await sandbox.CloneAsync([request], new CloneOptions { Wait = true, Timeout = TimeSpan.FromMinutes(1) });
        updates.Of(ItemUpdateKind.Fault).Select(u => u.Fault!.Message).ShouldBeEmpty();
        return await CompareAsync(sandbox, request);
    }

    /// <summary>What a clone that has succeeded is, beside its source.</summary>
    public static async Task<MachineComparison> CompareAsync(SandboxedCluster sandbox, CloneRequest request)
    {
        // The clone's own revision comes a moment after the machine.
        await SandboxedCluster.UntilAsync(async () => await sandbox.Cluster.Client.GetAsync(KubeVirtKinds.VirtualMachine, request.Namespace, request.TargetName!, default) is var made
            && (made.At("spec", "instancetype") is null || made.StringAt("status", "instancetypeRef", "controllerRevisionRef", "name") is not null));
        var comparison = new CompareRequest(request.Namespace, request.TargetName!) { SourceName = request.SourceName, Asked = request };
        return (await new CloneComparer(sandbox.Cluster).CompareAsync(comparison, default)).Comparison.ShouldNotBeNull();
    }
}
