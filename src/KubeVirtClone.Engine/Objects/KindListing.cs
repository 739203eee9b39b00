namespace KubeVirtClone.Engine.Objects;

/// <summary>Objects of one kind that were read; or why they were not.</summary>
internal sealed class KindListing
{
    /// <summary>Nobody asked: nothing is concluded, and nothing is said about it.</summary>
    public static KindListing NotAsked { get; } = new();

    /// <summary>What was read, by name; null when it was not asked for or could not be read.</summary>
    public IReadOnlyDictionary<string, KubernetesObject>? Items { get; private init; }

    /// <summary>Why it could not be read; null when it was read or not asked for.</summary>
    public string? WhyNot { get; private init; }

    public bool IsRead => Items is not null;

    public static KindListing Of(IEnumerable<KubernetesObject> items) =>
        new() { Items = items.GroupBy(i => i.Name, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Last(), StringComparer.Ordinal) };

    public static KindListing Of(IReadOnlyDictionary<string, KubernetesObject>? items) => items is null ? NotAsked : new() { Items = items };

    public static KindListing Refused(string why) => new() { WhyNot = why };

    public KubernetesObject? Find(string? name) => name is null ? null : Items?.GetValueOrDefault(name);

    /// <summary>True when it is known that there is none of that name.</summary>
    public bool Lacks(string name) => Items?.ContainsKey(name) == false;
}
