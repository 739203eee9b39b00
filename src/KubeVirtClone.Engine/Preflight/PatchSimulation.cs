using System.Text.Json;
using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Planning;

namespace KubeVirtClone.Engine.Preflight;

/// <summary>The machine a clone would come out as, by applying to the source what KubeVirt's restore applies.</summary>
internal static class PatchSimulation
{
    /// <summary>Applies everything; gives the machine, or the operation that cannot be applied and why. Null when the source is not known.</summary>
    public static (JsonObject? Machine, PatchOperation? Failing, string? Why)? Run(PreflightSubject subject)
    {
        if (subject.Source is not { } source)
            return null;
        var machine = (JsonObject)source.DeepClone();
        machine["metadata"] ??= new JsonObject();
        machine.Remove("status");
        var user = subject.AsItStands ? AsWritten(subject.Item.Request.Patches) : subject.Checked.Patches;
        return JsonPatchApplier.Apply(machine, RestorePatches.For(source, subject.Request, user)) is var (operation, why)
            ? (null, operation, why)
            : (machine, null, null);
    }

    // What is no operation at all is told from the manifest; here it is left out.
    private static List<PatchOperation> AsWritten(IReadOnlyList<string>? patches)
    {
        var operations = new List<PatchOperation>();
        foreach (var text in patches ?? [])
        {
            if (Parse(text) is JsonObject node && SourceMachine.Text(node["op"]) is { } op && SourceMachine.Text(node["path"]) is { } path)
            {
                operations.Add(new PatchOperation(op, path)
                {
                    From = SourceMachine.Text(node["from"]),
                    HasValue = node.ContainsKey("value"),
                    Value = node["value"]?.DeepClone(),
                });
            }
        }

        return operations;
    }

    private static JsonNode? Parse(string text)
    {
        try
        {
            return string.IsNullOrWhiteSpace(text) ? null : JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
