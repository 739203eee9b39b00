using System.Text.Json;

namespace KubeVirtClone.Engine.Facts;

/// <summary>An instance type or preference that a machine names: as it is now, and as the machine keeps it.</summary>
/// <param name="Field"><c>instancetype</c> or <c>preference</c>.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Name">Its name.</param>
internal sealed record SizingObject(string Field, string Kind, string Name)
{
    /// <summary>The specification names a revision: clones of the machine get that one, whatever has become of the original.</summary>
    public bool Pinned { get; init; }

    /// <summary>Whether it exists; null when that is not known, or was not asked because the machine is pinned.</summary>
    public bool? Exists { get; init; }

    /// <summary>Its specification now.</summary>
    public JsonObject? Today { get; init; }

    /// <summary>Name of the ControllerRevision the machine runs on.</summary>
    public string? StoredName { get; init; }

    /// <summary>Whether that revision exists; null when that is not known.</summary>
    public bool? StoredExists { get; init; }

    /// <summary>The specification in that revision.</summary>
    public JsonObject? Stored { get; init; }

    /// <summary>Why not all of it could be read.</summary>
    public string? WhyNot { get; init; }

    /// <summary>What the machine itself runs with, as far as it is known.</summary>
    public JsonObject? OfMachine => Stored ?? Today;

    /// <summary>What a clone gets, as far as it is known.</summary>
    /// <param name="snapshotPins">The machine runs, so that its snapshot names the revision.</param>
    public JsonObject? OfClone(bool snapshotPins) => Pinned || snapshotPins ? OfMachine : Today;
}

/// <summary>What a source's size hangs on beside its own text.</summary>
internal sealed record SourceSizing
{
    public static SourceSizing None { get; } = new();

    public SizingObject? Instancetype { get; init; }

    public SizingObject? Preference { get; init; }

    /// <summary>The specification a running machine was started with; null when it does not run, or that is not known.</summary>
    public JsonObject? StartedAs { get; init; }

    public IEnumerable<SizingObject> Objects => new[] { Instancetype, Preference }.OfType<SizingObject>();
}

/// <summary>Data of a ControllerRevision.</summary>
internal static class RevisionData
{
    /// <summary>The specification it holds, or null.</summary>
    public static JsonObject? Spec(KubernetesObject? revision) =>
        revision?.At("data", "spec") is { ValueKind: JsonValueKind.Object } spec ? JsonObject.Create(spec) : null;
}
