using System.Text;
using k8s.Models;
using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Knowledge.Identity;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Preflight.Checks;

/// <summary>Fixed addresses, MAC addresses that are matched by, and host names in cloud-init data that several machines read.</summary>
internal sealed class CloudInitCheck : SourceCheck
{
    public override IEnumerable<Finding> Check(PreflightSource source, PreflightBatch batch)
    {
        var ns = source.First.Request.Namespace;
        var ofSource = Data(source.Machine).ToHashSet();
        var read = source.All.SelectMany(s => Data(s.Made).Select(d => (Subject: s, Data: d))).GroupBy(r => r.Data).ToList();
        foreach (var group in read)
        {
            var data = group.Key;
            // What one clone has for itself is its own.
            if ((!ofSource.Contains(data) && group.Count() == 1) || TextOf(data, ns, batch.Facts.References) is not { Length: > 0 } text)
                continue;
            var subjects = group.Select(g => g.Subject).ToList();
            foreach (var finding in data.Network ? Network(source, data, text, subjects) : HostNames(source, data, text))
                yield return finding with { Requests = [.. subjects.Select(s => s.Item.Request)] };
        }
    }

    private static IEnumerable<Finding> Network(PreflightSource source, CloudInitText data, string text, List<PreflightSubject> subjects)
    {
        var identity = CloudInitData.Network(text);
        if (identity.IsEmpty)
            yield break;
        var macs = identity.Macs.Where(m => !subjects.TrueForAll(s => Has(s.Made, m))).ToList();
        if (identity.Addresses.Count == 0 && macs.Count == 0)
            yield break;
        var parts = new List<string>();
        if (identity.Addresses.Count > 0)
            parts.Add($"has the fixed address{(identity.Addresses.Count == 1 ? "" : "es")} {string.Join(", ", identity.Addresses)}, which every clone takes");
        if (macs.Count > 0)
            parts.Add($"matches MAC {string.Join(", ", macs)}, which clones do not have");
        yield return source.Finding(
            FindingSeverity.Warning,
            FindingCodes.IdentityRepeated,
            $"The cloud-init network configuration of volume '{data.Volume}'{Where(data, "networkDataSecretRef")} {string.Join(" and ", parts)}.",
            $"Give each clone a network configuration of its own ({OptionName.NetworkDataSecret} 'net-{{0}}'), or leave addresses to DHCP.",
            $"volume {data.Volume}, networkData");
    }

    private static IEnumerable<Finding> HostNames(PreflightSource source, CloudInitText data, string text)
    {
        var names = CloudInitData.HostNames(text);
        if (names.Count == 0)
            yield break;
        yield return source.Finding(
            FindingSeverity.Warning,
            FindingCodes.IdentityRepeated,
            $"The cloud-init user data of volume '{data.Volume}'{Where(data, "secretRef")} sets {string.Join(" and ", names.Select(n => $"{n.Key} '{n.Value}'"))}: every clone takes the host name, whatever other it is given.",
            $"Give each clone user data of its own ({OptionName.CloudInitSecret}), or take the host name out of it.",
            $"volume {data.Volume}, userData");
    }

    private static string Where(CloudInitText data, string field) => data.Secret is null ? "" : $" in the secret {data.Secret} ({field}), which all clones use,";

    private static bool Has(JsonObject? machine, string mac) => MacAddress.TryParse(mac, out var wanted)
        && SourceMachine.Interfaces(machine).Any(i => MacAddress.TryParse(i.Mac, out var given) && given == wanted);

    private static IEnumerable<CloudInitText> Data(JsonObject? machine)
    {
        foreach (var volume in SourceMachine.Volumes(machine))
        {
            var name = SourceMachine.Text(volume["name"]) ?? "";
            foreach (var data in MachineReferences.CloudInitKinds.Select(k => volume[k]).OfType<JsonObject>())
            {
                if (SourceMachine.Text(data["networkDataSecretRef"]?["name"]) is { } network)
                    yield return new CloudInitText(name, Network: true, network, null);
                else if (CloudInitData.Inline(data, "networkData") is { } inline)
                    yield return new CloudInitText(name, Network: true, null, inline);
                if (SourceMachine.Text(data["secretRef"]?["name"]) is { } user)
                    yield return new CloudInitText(name, Network: false, user, null);
                else if (CloudInitData.Inline(data, "userData") is { } text)
                    yield return new CloudInitText(name, Network: false, null, text);
            }
        }
    }

    private static string? TextOf(CloudInitText data, string ns, References references)
    {
        if (data.Secret is null)
            return data.Inline;
        var secret = references.Find(new ObjectName("Secret", ns, data.Secret))?.TryAs<V1Secret>()?.Data;
        var keys = data.Network ? new[] { "networkdata", "networkData" } : ["userdata", "userData"];
        return keys.Select(k => secret is not null && secret.TryGetValue(k, out var bytes) && bytes is { Length: > 0 } ? Encoding.UTF8.GetString(bytes) : null).FirstOrDefault(t => t is not null);
    }

    private sealed record CloudInitText(string Volume, bool Network, string? Secret, string? Inline);
}
