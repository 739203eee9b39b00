using System.Text.Json;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Knowledge.Patches;

namespace KubeVirtClone.Engine.Preflight.Subjects;

/// <summary>The machine a clone would come out as, by applying to the source what KubeVirt's restore applies.</summary>
internal static class PatchSimulation
{
    /// <summary>Applies everything; gives the machine, or the operation that cannot be applied and why. Null when the source is not known.</summary>
    public static (JsonObject? Machine, PatchOperation? Failing, string? Why)? Run(PreflightSubject subject)
    {
        if (subject.Source is not { } source)
            return null;
        var machine = RestoreOutcome.CopyOf(source);
        if (subject.AsItStands)
        {
            var (written, unreadable) = AsWritten(subject.Item.Request.Patches);
            if (unreadable is not null)
                return (null, written[^1], unreadable);
            return RestoreOutcome.Apply(machine, subject.Item.IsRestore ? written : RestorePatches.For(source, subject.Request, written));
        }

        return RestoreOutcome.Apply(machine, RestorePatches.For(source, subject.Request, subject.Checked.Patches));
    }

    // KubeVirt puts the texts together as one list, and reads that as a patch.
    private static (List<PatchOperation> Operations, string? Unreadable) AsWritten(IReadOnlyList<string>? patches)
    {
        var operations = new List<PatchOperation>();
        foreach (var text in patches ?? [])
        {
            if (Parse($"[{text}]") is not { } nodes)
            {
                operations.Add(new PatchOperation("?", text));
                return (operations, "it is no JSON");
            }

            foreach (var node in nodes)
            {
                // What has no operation, or none that there is, fails when it is applied.
                operations.Add(node is JsonObject patch
                    ? new PatchOperation(SourceMachine.Text(patch["op"]) ?? "unknown", SourceMachine.Text(patch["path"]) ?? "")
                    {
                        From = SourceMachine.Text(patch["from"]),
                        HasValue = patch.ContainsKey("value"),
                        Value = patch["value"]?.DeepClone(),
                    }
                    : new PatchOperation("?", text));
                if (node is not JsonObject)
                    return (operations, "it is no operation");
            }
        }

        return (operations, null);
    }

    private static JsonArray? Parse(string text)
    {
        try
        {
            return PatchJson.Parse(text) as JsonArray;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
