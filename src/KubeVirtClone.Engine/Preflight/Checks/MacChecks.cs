using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Preflight.Checks;

/// <summary>MAC addresses are given for interfaces the source has.</summary>
internal sealed class MacInterfaceCheck : SubjectCheck
{
    public override IEnumerable<Finding> Check(PreflightSubject subject, PreflightBatch batch)
    {
        if (subject.Request.MacAddresses is not { Count: > 0 } macs || subject.Source is not { } source)
            yield break;
        var interfaces = SourceMachine.Interfaces(source).Select(i => i.Name).ToList();
        foreach (var name in macs.Keys.Where(k => !interfaces.Contains(k, StringComparer.Ordinal)))
        {
            yield return subject.Finding(
                FindingSeverity.Warning,
                FindingCodes.MacUnknownInterface,
                $"'{subject.Request.SourceName}' has no interface '{name}': its MAC address is ignored."
                    + (interfaces.Count == 0 ? "" : $" It has {string.Join(", ", interfaces)}."),
                "Give the interface's name as it stands in spec.template.spec.domain.devices.interfaces.");
        }
    }
}

/// <summary>MAC addresses are single addresses, and nobody else's.</summary>
internal sealed class MacUseCheck : IPreflightCheck
{
    public IEnumerable<Finding> Check(PreflightBatch batch)
    {
        var given = new Dictionary<ulong, (PreflightSubject Subject, string Interface)>();
        foreach (var (subject, name, mac) in batch.Subjects.SelectMany(Given))
        {
            if (given.TryGetValue(mac.Value, out var first))
            {
                var where = ReferenceEquals(first.Subject, subject) ? $"interface '{first.Interface}' of the same machine" : $"'{first.Subject.Name}'";
                yield return Make(subject, FindingCodes.MacDuplicate, $"The MAC address {mac} for interface '{name}' is given to {where} too.", "Give every interface an address of its own.");
            }
            else
            {
                given[mac.Value] = (subject, name);
            }

            if (batch.Facts.Macs.GetValueOrDefault(mac.Value) is { Count: > 0 } owners)
            {
                var list = string.Join(", ", owners.Take(3).Select(o => $"{o.Namespace}/{o.Machine} ({o.Interface})"));
                yield return Make(
                    subject,
                    FindingCodes.MacInUse,
                    $"The MAC address {mac} for interface '{name}' belongs to {list}{(owners.Count > 3 ? $" and {owners.Count - 3} more" : "")} already.",
                    "Give another address, unless the machines are never in one network at the same time.");
            }

            if ((mac.Value >> 40 & 1) == 1)
                yield return Make(subject, FindingCodes.MacMulticast, $"{mac} for interface '{name}' is a group address: the first byte is odd.", "Give an address whose first byte is even, such as 02-….");
        }
    }

    private static IEnumerable<(PreflightSubject Subject, string Interface, MacAddress Mac)> Given(PreflightSubject subject)
    {
        foreach (var (name, text) in subject.Request.MacAddresses ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            if (MacAddress.TryParse(text, out var mac))
                yield return (subject, name, mac);
        }
    }

    private static Finding Make(PreflightSubject subject, string code, string message, Advice action) =>
        subject.Finding(FindingSeverity.Warning, code, message, action, "newMacAddresses");
}

/// <summary>Each clone is given a serial and a host name of its own: licences, inventories and DNS tell machines apart by them.</summary>
internal sealed class GivenTwiceCheck : IPreflightCheck
{
    public IEnumerable<Finding> Check(PreflightBatch batch) =>
        Twice(batch, s => (Namespace: "", Value: s.Item.Request.SmbiosSerial), (count, serial) => $"{count} clones get the same serial '{serial}'.", (Advice)$"Give each its own, by rows or columns: {OptionName.SmbiosSerial}.")
            .Concat(Twice(batch, s => (s.Request.Namespace, s.Request.Hostname), (count, name) => $"{count} clones get the same host name '{name}'.", (Advice)$"A pattern gives each its own ({OptionName.Hostname}): {{0}} is the running number, {{2}} the new machine's name."));

    private static IEnumerable<Finding> Twice(PreflightBatch batch, Func<PreflightSubject, (string Namespace, string? Value)> given, Func<int, string, string> words, Advice action) =>
        batch.Subjects.Where(s => given(s).Value is { Length: > 0 }).GroupBy(given).Where(g => g.Count() > 1)
            .Select(g => g.First().Finding(FindingSeverity.Warning, FindingCodes.IdentityGivenTwice, words(g.Count(), g.Key.Value!), action) with { Requests = [.. g.Select(s => s.Item.Request)] });
}

/// <summary>A serial in a manifest reaches the new machine: KubeVirt sets it only where the source has a firmware section.</summary>
internal sealed class SerialCheck : SubjectCheck
{
    public override IEnumerable<Finding> Check(PreflightSubject subject, PreflightBatch batch)
    {
        // This product sends it as a patch then.
        if (!subject.AsItStands || string.IsNullOrEmpty(subject.Item.Request.SmbiosSerial) || subject.Source is not { } source)
            yield break;
        if (SourceMachine.Domain(source)?["firmware"] is null)
        {
            yield return subject.Finding(
                FindingSeverity.Warning,
                FindingCodes.SerialIgnored,
                $"'{subject.Request.SourceName}' has no firmware section, so KubeVirt ignores newSMBiosSerial.",
                $"Give the source a firmware section, or let {CommandName.NewVMClone} {OptionName.SmbiosSerial} make the clone.",
                "spec.template.spec.domain.firmware is not there");
        }
    }
}
