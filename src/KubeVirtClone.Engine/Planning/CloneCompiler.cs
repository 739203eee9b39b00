using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Knowledge.Identity;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;

namespace KubeVirtClone.Engine.Planning;

/// <summary>Turns a request into what is sent, by what the source is. Done again when the source is known better: as it was snapshotted.</summary>
internal sealed class CloneCompiler(string batch, MacPool? macs)
{
    public CheckedRequest Compile(CloneRequest asked, int ordinal, JsonObject? source)
    {
        var named = RequestRules.Check(asked, batch, ordinal);
        if (named.Fault is not null)
            return named;
        try
        {
            var effective = IdentityRules.Apply(asked with { Batch = named.Request.Batch }, named.Request.TargetName!, source, macs);
            bool? firmware = asked.SmbiosSerial is null || source is null ? null : source["spec"]?["template"]?["spec"]?["domain"]?["firmware"] is JsonObject;
            var templates = RestoredMachine.LeaveTemplatesOut(source, effective.Patches);
            if (templates.Count == 0)
                return RequestRules.Check(effective, batch, ordinal, firmware);
            var result = RequestRules.Check(effective with { Patches = [.. templates, .. effective.Patches ?? []] }, batch, ordinal, firmware);
            return result with
            {
                Warnings =
                [
                    .. result.Warnings,
                    $"Clones of '{asked.SourceName}' are made without the volume template that its volume names as a claim ({string.Join(", ", RestoredMachine.TemplatesNamedAsClaims(source).Select(t => t.Name))}): KubeVirt would refuse them with it. Their volumes are copied all the same.",
                ],
            };
        }
        catch (RequestFaultException e)
        {
            return named with { Fault = e.ToFault(named.Request.DisplayName) };
        }
    }
}
