using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Images;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Methods.Tests.Interruption;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Methods.Tests.Failure;

/// <summary>
/// The golden image runbook, smaller: image v1 of a running machine, machines of it, the machine changed, image v2, machines of v2 by the other
/// method, machines of the machine itself, v1 pruned, the machine made into an image for good and removed, all of it removed.
/// </summary>
internal sealed class Runbook(KillableSandbox sandbox, KubeVirtCluster cluster, string source, TimeSpan patience)
{
    private readonly CloneOptions _options = new() { Wait = true, For = WaitState.Bound, Timeout = patience };

    private readonly GoldenImageCatalog _images = new(cluster);
    private readonly CloneCatalog _clones = new(cluster);

    /// <summary>The machine as it must be when a step fails: as it was when the step began.</summary>
    public JsonObject? Expected { get; private set; }

    /// <summary>The step it is at.</summary>
    public string? Step { get; private set; }

    private string Image => "img-" + source;

    public JsonObject? Machine => sandbox.List("VirtualMachine").FirstOrDefault(m => m.Name() == source)?.Copy();

    /// <summary>Goes through the steps; the first fault ends it, as it would a script.</summary>
    public async Task<(string Step, Fault Fault)?> RunAsync()
    {
        (string Name, Func<Task<Fault?>> Do)[] steps =
        [
            ("image v1", () => MakeImageAsync(remove: false)),
            ("machines of v1", () => CloneAsync("one", CloneMethodChoice.Restore, ofImage: true)),
            ("change", ChangeAsync),
            ("image v2", () => MakeImageAsync(remove: false)),
            ("machines of v2", () => CloneAsync("two", CloneMethodChoice.Clone, ofImage: true)),
            ("machines of the machine by restores", () => CloneAsync("three", CloneMethodChoice.Restore, ofImage: false)),
            ("machines of the machine by clones", () => CloneAsync("four", CloneMethodChoice.Clone, ofImage: false)),
            ("prune", PruneAsync),
            ("image v3, source removed", () => MakeImageAsync(remove: true)),
            ("all removed", RemoveAllAsync),
        ];
        foreach (var (name, step) in steps)
        {
            Expected = Machine;
            Step = name;
            try
            {
                if (await step() is { } fault)
                    return (name, fault);
            }
            catch (EngineException e)
            {
                return (name, e.Fault);
            }
        }

        return null;
    }

    /// <summary>Removes by batch and by image name whatever there is, as one would after a failure.</summary>
    public async Task<Fault?> RemoveAllAsync()
    {
        foreach (var batch in new[] { "one", "two", "three", "four" }.Select(b => $"{source}-{b}"))
        {
            var clones = new List<CloneRecord>();
            await foreach (var found in _clones.ListAsync(new CloneQuery { Batch = batch }, default))
                clones.Add(found.Value!);
            foreach (var clone in clones)
            {
                if (await new CloneRemoval(cluster, includeTarget: true).RemoveAsync(clone, default) is { } fault)
                    return fault;
            }

            (await new BatchLeftovers(cluster).CollectBatchAsync(null, batch, includeTarget: true, default)).ShouldBeEmpty();
        }

        await foreach (var found in _images.ListAsync(new ListQuery { Names = [Image + "*"] }, version: null, withUses: false, default))
        {
            if (await _images.RemoveAsync(found.Value!, force: false, default) is { } fault)
                return fault;
        }

        return null;
    }

    private async Task<Fault?> MakeImageAsync(bool remove)
    {
        var request = new GoldenImageRequest { Namespace = "default", SourceName = source, Name = Image, StopSource = true, KeepStopped = true, RemoveSource = remove, Timeout = patience + patience };
        Fault? fault = null;
        await foreach (var update in new GoldenImageMaker(cluster).CreateAsync(request, default))
            fault ??= update.Fault;
        return fault;
    }

    private async Task<Fault?> CloneAsync(string batch, CloneMethodChoice method, bool ofImage)
    {
        var requests = Enumerable.Range(1, 2).Select(i => new CloneRequest
        {
            Namespace = "default",
            SourceName = ofImage ? "" : source,
            GoldenImage = ofImage ? Image : null,
            TargetName = $"{source}-{batch}-{i}",
        }).ToList();
        Fault? fault = null;
        await foreach (var update in new CloneOperation(cluster, _options with { Method = method, Batch = $"{source}-{batch}" }).RunAsync(requests, default))
            fault ??= update.Fault;
        return fault;
    }

    // Done behind the server's front: it is not what is tried here.
    private async Task<Fault?> ChangeAsync()
    {
        var api = sandbox.Box.Api;
        var patch = new JsonObject { ["spec"] = new JsonObject { ["runStrategy"] = "Always", ["template"] = new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["changed"] = "yes" } } } } };
        api.Patch(api.Type("kubevirt.io", "virtualmachines"), "default", source, PatchType.Merge, patch, new RequestInfo("admin", ["system:masters"]));
        await KillableSandbox.WaitUntilAsync(() => Machine.TextAt("status", "printableStatus") == "Running");
        return null;
    }

    private async Task<Fault?> PruneAsync()
    {
        foreach (var surplus in await _images.ListSurplusAsync("default", Image, 1, default))
        {
            if (await _images.RemoveAsync(surplus, force: false, default) is { } fault)
                return fault;
        }

        return null;
    }
}
