namespace KubeVirtClone.Sandbox.Cdi;

/// <summary>What a DataVolume clones.</summary>
/// <param name="IsSnapshot">A VolumeSnapshot; else a PersistentVolumeClaim.</param>
/// <param name="Namespace">Where it is.</param>
/// <param name="Name">Its name.</param>
internal readonly record struct CloneSource(bool IsSnapshot, string Namespace, string Name)
{
    private const int LongestChain = 5;

    /// <summary>The kind of the source.</summary>
    public string Kind => IsSnapshot ? "VolumeSnapshot" : "PersistentVolumeClaim";

    /// <summary>What CDI calls the source in messages.</summary>
    public string Word => IsSnapshot ? "snapshot" : "pvc";

    /// <summary>The controller that works on DataVolumes with such a source, as Events name it.</summary>
    public string Component => IsSnapshot ? "datavolume-snapshot-clone-controller" : "datavolume-pvc-clone-controller";

    /// <summary>The source of a DataVolume, through DataSources; null when it does not clone, or its DataSource leads nowhere.</summary>
    /// <param name="dataVolume">The DataVolume, or a template of one.</param>
    /// <param name="namespace">The DataVolume's namespace.</param>
    /// <param name="dataSource">Finds a DataSource by namespace and name.</param>
    public static CloneSource? Of(JsonObject? dataVolume, string? @namespace, Func<string, string, JsonObject?> dataSource)
    {
        var home = @namespace ?? "";
        if (dataVolume.ObjectAt("spec", "sourceRef") is not { } reference)
            return In(dataVolume.ObjectAt("spec", "source"), home);
        for (var i = 0; i < LongestChain; i++)
        {
            home = Given(reference, home);
            if (dataSource(home, reference.TextAt("name") ?? "") is not { } found)
                return null;
            if (found.ObjectAt("spec", "source", "dataSource") is not { } next)
                return In(found.ObjectAt("spec", "source"), home);
            reference = next;
        }

        return null;
    }

    /// <summary>The source that a field <c>source</c> names, of a DataVolume or of a DataSource.</summary>
    public static CloneSource? In(JsonObject? source, string home)
    {
        if (source.ObjectAt("pvc") is { } claim)
            return new CloneSource(false, Given(claim, home), claim.TextAt("name") ?? "");
        return source.ObjectAt("snapshot") is { } snapshot ? new CloneSource(true, Given(snapshot, home), snapshot.TextAt("name") ?? "") : null;
    }

    private static string Given(JsonObject reference, string home) => reference.TextAt("namespace") is { Length: > 0 } given ? given : home;
}
