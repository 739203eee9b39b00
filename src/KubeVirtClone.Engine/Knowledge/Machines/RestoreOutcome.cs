using KubeVirtClone.Engine.Knowledge.Patches;

namespace KubeVirtClone.Engine.Knowledge.Machines;

/// <summary>Whether a restore's patches can be applied to a machine, and which run state they leave it in.</summary>
/// <param name="Source">The machine.</param>
/// <param name="Failing">The operation that cannot be applied; null when all can.</param>
/// <param name="Why">Why it cannot.</param>
/// <param name="RunState">What comes out, but only <c>spec.runStrategy</c> and <c>spec.running</c>.</param>
internal sealed record RestoreOutcome(JsonObject Source, PatchOperation? Failing, string? Why, JsonObject RunState)
{
    /// <summary>Applies the patches to a copy of the machine, of which nothing is kept.</summary>
    public static RestoreOutcome Of(JsonObject source, IReadOnlyList<PatchOperation> patches)
    {
        var (machine, failing, why) = Apply(CopyOf(source), patches);
        var spec = new JsonObject();
        foreach (var field in new[] { "runStrategy", "running" })
        {
            if ((machine?["spec"] as JsonObject)?[field] is { } value)
                spec[field] = value.DeepClone();
        }

        return new(source, failing, why, new JsonObject { ["spec"] = spec });
    }

    /// <summary>A copy of a machine that patches can be applied to: without its status.</summary>
    public static JsonObject CopyOf(JsonObject source)
    {
        var machine = new JsonObject(source.Where(m => m.Key != "status").Select(m => KeyValuePair.Create(m.Key, m.Value?.DeepClone())));
        machine["metadata"] ??= new JsonObject();
        return machine;
    }

    /// <summary>Applies patches; gives the machine, or the operation that cannot be applied and why.</summary>
    /// <param name="machine">The machine, which is changed.</param>
    /// <param name="patches">The patches, in order.</param>
    public static (JsonObject? Machine, PatchOperation? Failing, string? Why) Apply(JsonObject machine, IReadOnlyList<PatchOperation> patches)
    {
        if (JsonPatchApplier.Apply(machine, patches) is var (operation, why))
            return (null, operation, why);
        if (patches.Count > 0 && !IsMachine(machine))
            return (null, patches[^1], "what comes out is no machine");
        return MachineTypes.WhyUnreadable(machine, patches) is var (unreadable, reason) ? (null, unreadable, reason) : (machine, null, null);
    }

    // As far as anything here looks into it.
    private static bool IsMachine(JsonObject machine)
    {
        if (machine["metadata"] is not (null or JsonObject))
            return false;
        JsonNode? node = machine;
        foreach (var part in new[] { "spec", "template", "spec", "domain", "devices" })
        {
            node = (node as JsonObject)?[part];
            if (node is not (null or JsonObject))
                return false;
        }

        return true;
    }
}
