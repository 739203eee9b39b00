namespace KubeVirtClone.Engine.Model.Records;

/// <summary>KubeVirt's indications in words. The set is open: later versions add to it.</summary>
internal static class SnapshotIndications
{
    public const string Partial = "PartialSnapshot";

    public static IReadOnlyList<SnapshotIndication> Read(KubernetesObject snapshot)
    {
        // Since KubeVirt 1.7 each comes with a text of its own; the older list has only the words.
        var texts = snapshot.ItemsAt("status", "sourceIndications")
            .Select(i => (Name: i.Text("indication") ?? "", Message: i.Text("message")))
            .Where(i => i.Name.Length > 0)
            .ToDictionary(i => i.Name, i => i.Message, StringComparer.Ordinal);
        return [.. snapshot.ItemsAt("status", "indications").Select(i => i.GetString() ?? "")
            .Concat(texts.Keys)
            .Where(n => n.Length > 0)
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .Select(name => new SnapshotIndication(name, Describe(name) ?? texts.GetValueOrDefault(name) ?? name))];
    }

    private static string? Describe(string name) => name switch
    {
        "Online" => "Taken while the machine was running.",
        "GuestAgent" => "The guest agent froze the file systems meanwhile: the data is consistent for applications that take part in it.",
        "NoGuestAgent" => "No guest agent answered: the data is as after a power cut.",
        "QuiesceFailed" => "The guest agent could not freeze the file systems: the data is as after a power cut.",
        "QuiesceTimeout" => "The guest's file systems were frozen for longer than the guest allows: the data may be as after a power cut.",
        "Paused" => "The machine was paused, so nothing was frozen: the data is as after a power cut.",
        Partial => "A volume was left out: a machine made of it would use the source's own volume.",
        _ => null,
    };
}
