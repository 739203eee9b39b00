using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Replay;

/// <summary>What came about by chance in a recording, told from its data.</summary>
internal sealed class RecordedChances
{
    private const double SameInstantMs = 1000;
    private readonly List<string> _order;
    private readonly List<(string Name, string Target, double Ms)> _accepted;

    public RecordedChances(JsonObject recording)
    {
        // The volumes of a content, and the snapshots of one VM in the order in which they got hold of it.
        var volumes = recording.ArrayAt("beforeState").Objects().Concat(recording.ArrayAt("contents").Objects().Select(c => c.ObjectAt("object")!))
            .Select(c => c.ArrayAt("spec", "volumeBackups").Objects().Select(b => b.TextAt("volumeName") ?? "").ToList())
            .FirstOrDefault(l => l.Count > 1) ?? [];
        var snapshots = recording.ArrayAt("timeline").Objects()
            .Where(t => t.TextAt("kind") == "VirtualMachine")
            .Select(t => t.TextAt("snapshotInProgress") ?? t.TextAt("status", "snapshotInProgress"))
            .OfType<string>();
        _order = [.. volumes.Concat(snapshots).Distinct(StringComparer.Ordinal)];
        _accepted = [.. recording.ArrayAt("posted").Objects()
            .Where(p => p.TextAt("object", "kind") == "VirtualMachineRestore" && p["httpStatus"]?.GetValue<int>() == 201)
            .Select(p => (p.TextAt("object", "metadata", "name") ?? "", p.TextAt("object", "spec", "target", "name") ?? "", p["ms"]!.GetValue<double>()))];
    }

    /// <summary>Names or keys in the recorded order; what the recording does not name comes last, as it was.</summary>
    public IEnumerable<string> Order(IEnumerable<string> keys) => keys.OrderBy(k => _order.IndexOf(k.Split('/')[^1]) is var i and >= 0 ? i : int.MaxValue);

    /// <summary>
    /// Whether the restore webhook can have seen one restore when another was posted: not if both were accepted for one target in the
    /// same instant.
    /// </summary>
    public bool WebhookSaw(string posted, string other) => !_accepted.Exists(p => p.Name == posted
        && _accepted.Exists(o => o.Name == other && o.Name != posted && o.Target == p.Target && Math.Abs(o.Ms - p.Ms) < SameInstantMs));
}
