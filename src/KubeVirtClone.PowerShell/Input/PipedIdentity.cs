using System.Globalization;
using KubeVirtClone.Engine.Cluster;

namespace KubeVirtClone.Input;

/// <summary>Which object of the name, and of which cluster, is meant by an object from the pipeline.</summary>
/// <param name="Uid">Uid of the object; null when it does not tell one.</param>
/// <param name="Maker">For a clone that stands for its machine: the clone.</param>
/// <param name="Cluster">The cluster it was read from; null when it does not tell.</param>
internal sealed record PipedIdentity(string? Uid, MachineMaker? Maker, KubeVirtClusterReference? Cluster)
{
    private const string CloneKind = "VirtualMachineClone";

    /// <summary>Reads a machine, snapshot or image, or a clone, which stands for its machine.</summary>
    public static PipedIdentity OfSource(PSObject input)
    {
        var cluster = ClusterOf(input);
        return input.BaseObject switch
        {
            VirtualMachine vm => new(vm.Uid, null, cluster),
            VMSnapshot snapshot => new(snapshot.Uid, null, cluster),
            VMGoldenImage image => new(image.Uid, null, cluster),
            VMClone clone => new(null, clone.Maker, cluster),
            string => new(null, null, null),
            _ when PropertyReader.Get(input, "metadata") is not null => PropertyReader.GetText(input, "kind") == CloneKind
                ? new(null, MakerOf(PropertyReader.Get(input, "metadata")!, "name", "uid", "creationTimestamp"), cluster)
                : new(PropertyReader.GetText(input, "metadata", "uid"), null, cluster),
            // A clone's copy has a target beside its own name, out of a file of any kind.
            _ when PropertyReader.GetText(input, "TargetName") is not null && PropertyReader.GetText(input, "Phase") is not null && PropertyReader.GetText(input, "Uid") is not null =>
                new(null, MakerOf(input, "Name", "Uid", "CreationTimestamp"), cluster),
            _ => new(PropertyReader.GetText(input, "Uid"), null, cluster),
        };
    }

    /// <summary>The cluster an object was read from; null when it does not tell.</summary>
    public static KubeVirtClusterReference? ClusterOf(PSObject? input)
    {
        if (input is null || input.BaseObject is string) return null;
        if (input.BaseObject is KubeVirtObject known) return known.Cluster;
        if (PropertyReader.GetAsIs(input, "Cluster") is not { } told) return null;
        if ((told as PSObject)?.BaseObject is KubeVirtClusterReference live) return live;
        if (told is KubeVirtClusterReference bare) return bare;
        if (PropertyReader.GetText(told, "Server") is { } server)
        {
            return new(
                new ClusterIdentity(PropertyReader.GetText(told, "Uid"), server, PropertyReader.GetText(told, "Authority") ?? "", PropertyReader.GetText(told, "Context")),
                settings: null);
        }

        // Out of a CSV file it is the text that people read; a column of that name that says something else says nothing of a cluster.
        return FromText(told.ToString() ?? "");
    }

    private static KubeVirtClusterReference? FromText(string text)
    {
        var open = text.LastIndexOf('(');
        var server = open >= 0 && text.EndsWith(')') ? text[(open + 1)..^1] : text;
        return Uri.TryCreate(server, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? new(new ClusterIdentity(Uid: null, server, ClusterIdentity.UnknownAuthority, open > 0 ? text[..open].Trim() : null), settings: null)
            : null;
    }

    private static MachineMaker MakerOf(object source, string name, string uid, string created)
    {
        var made = PropertyReader.Get(source, created) switch
        {
            DateTimeOffset time => time,
            DateTime time => new DateTimeOffset(time.ToUniversalTime()),
            string text when DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) => time,
            _ => (DateTimeOffset?)null,
        };
        return new MachineMaker(PropertyReader.GetText(source, name) ?? "", PropertyReader.GetText(source, uid) ?? "", made, Ended: null);
    }
}
