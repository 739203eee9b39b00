using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Images;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Methods.Tests.Facts;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Methods.Tests.Transfers;

/// <summary>A lab with a golden image <c>img</c> in <c>default</c>, and a second namespace, <c>team-b</c>, that has nothing.</summary>
internal sealed class OtherNamespace : IAsyncDisposable
{
    public const string Name = "team-b";

    private OtherNamespace(string storage) => Lab = new(storage);

    public Lab Lab { get; }

    public static async Task<OtherNamespace> CreateAsync(string storage = "fast")
    {
        var made = new OtherNamespace(storage);
        made.Post(null, new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = Name } });
        made.Image = await made.Lab.DoAsync(async () =>
        {
            GoldenImageRecord? image = null;
            await foreach (var update in new GoldenImageMaker(made.Lab.Cluster).CreateAsync(new GoldenImageRequest { Namespace = "default", SourceName = "golden", Name = "img" }, default))
                image ??= update.Record;
            return image!;
        });
        made.Lab.Settle();
        made.Before = made.Everything();
        return made;
    }

    public GoldenImageRecord Image { get; private set; } = null!;

    /// <summary>What both namespaces held before the test did anything.</summary>
    public IReadOnlySet<string> Before { get; private set; } = new HashSet<string>();

    public static GoldenImageCopyRequest Request => new() { Namespace = "default", Name = "img", Destinations = [Name], Timeout = TimeSpan.FromMinutes(5) };

    public void Post(string? ns, JsonObject item)
    {
        var answer = Lab.Virtual.Sandbox.Post(Lab.Virtual.Sandbox.Find(item), ns, item);
        answer["httpStatus"]!.GetValue<int>().ShouldBe(201, answer.ToJsonString());
    }

    public IReadOnlyList<JsonObject> List(string kind, string ns = Name) => Lab.Virtual.Sandbox.Api.List(Lab.Virtual.Sandbox.Find(kind), ns);

    public SortedSet<string> Everything() => new(
        new[] { "default", Name }.SelectMany(ns => new[] { "VirtualMachine", "VirtualMachineSnapshot", "VirtualMachineRestore", "VirtualMachineClone", "DataVolume", "PersistentVolumeClaim", "VolumeSnapshot", "Secret", "ConfigMap" }
            .SelectMany(k => List(k, ns).Select(o => $"{ns} {k} {o.Name()}"))),
        StringComparer.Ordinal);

    /// <summary>Names of the contents that transfers have made for snapshots they handed over.</summary>
    public IReadOnlyList<string> HandedOver() => [.. List("VolumeSnapshotContent", null!).Where(c => c.Label("kubevirtclone.io/transfer") is not null).Select(c => c.Name())];

    public void ShouldBeAsBefore(string? when = null)
    {
        Lab.Settle();
        Everything().ShouldBe(Before, customMessage: when);
        HandedOver().ShouldBeEmpty(when);
    }

    public Task<List<ItemUpdate<GoldenImageRecord>>> CopyAsync(GoldenImageCopyRequest? request = null) => Lab.DoAsync(() => RunAsync(request ?? Request));

    public async Task<List<ItemUpdate<GoldenImageRecord>>> RunAsync(GoldenImageCopyRequest request)
    {
        var all = new List<ItemUpdate<GoldenImageRecord>>();
        await foreach (var update in new GoldenImageCopier(Lab.Cluster).CopyAsync(request, progress: null, default))
            all.Add(update);
        return all;
    }

    public ValueTask DisposeAsync() => Lab.DisposeAsync();
}
