using System.Text.RegularExpressions;

namespace KubeVirtClone.Engine.Model.Requests;

/// <summary>What kind of value a field of a request has; it says how the value is written in a cell, on a command line and in an object.</summary>
public enum RequestFieldKind
{
    /// <summary>A text.</summary>
    Text,

    /// <summary>One of a closed list of words.</summary>
    Choice,

    /// <summary>Some of a closed list of words.</summary>
    Choices,

    /// <summary>Yes or no.</summary>
    Flag,

    /// <summary>Texts; in a cell parted by <c>;</c>.</summary>
    List,

    /// <summary>Texts by key; in a cell <c>key=value;key=value</c>.</summary>
    Table,

    /// <summary>MAC addresses by interface; in a cell <c>interface=mac</c> or <c>interface:mac</c>, parted by <c>;</c>.</summary>
    Macs,

    /// <summary>A number of bytes as Kubernetes writes it: <c>8Gi</c>.</summary>
    Size,

    /// <summary>Texts by disk, or one for every disk; in a cell <c>fast</c> or <c>root=fast;data=slow</c>.</summary>
    Disks,

    /// <summary>Sizes by disk, or one for every disk, as <see cref="Disks"/>.</summary>
    DiskSizes,

    /// <summary>JSON patch operations as JSON texts, which are never split.</summary>
    Patches,
}

/// <summary>
/// One thing that can be asked of a clone. Whatever takes requests is derived from these: parameters and their binding, options, columns, merging,
/// retry records, the fingerprint.
/// </summary>
/// <param name="Name">Its one name: of the parameter, the column and the member of a record.</param>
/// <param name="Kind">What kind of value it has.</param>
/// <param name="Help">What it does, in a line.</param>
public sealed partial record RequestField(string Name, RequestFieldKind Kind, string Help)
{
    /// <summary>Further names it has in rows.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Its option on a command line.</summary>
    public string Option { get; init; } = OptionOf(Name);

    /// <summary>The option that a name in camel case has by itself.</summary>
    /// <param name="name">The name.</param>
    public static string OptionOf(string name) => "--" + Humps().Replace(name, "-").ToLowerInvariant();

    /// <summary>What stands for the value in help: NAME.</summary>
    public string ValueName { get; init; } = "VALUE";

    /// <summary>The words a choice is made from.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>The word that the option stands for, which then takes no value.</summary>
    public string? OptionWord { get; init; }

    /// <summary>Whether a word that is not among <see cref="Words"/> is passed on, to be judged with the whole request.</summary>
    public bool TakesOtherWords { get; init; }

    /// <summary>Whether it takes <c>{0}</c>, <c>{1}</c> and <c>{2}</c>, filled in for each clone.</summary>
    public bool IsPattern { get; init; }

    /// <summary>Where it stands in the <c>spec</c> of a VirtualMachineClone; empty where it is turned into something else.</summary>
    public IReadOnlyList<string> SpecPath { get; init; } = [];

    /// <summary>Whether it decides what machine comes out: what exists with another value is another request's.</summary>
    public bool InFingerprint { get; init; } = true;

    /// <summary>Whether a clone's record tells what was asked: what makes it one of another size, place or ownership than its source.</summary>
    public bool IsTold { get; init; }

    /// <summary>What an unset value is in fingerprints, for fields that were in every fingerprint from the start; a field added later counts only when it is set.</summary>
    internal object? UnsetMark { get; init; }

    /// <summary>Whether it is in every fingerprint, set or not. No field that is added may be: clones that exist would become another request's.</summary>
    internal bool IsAlwaysInFingerprint { get; init; }

    /// <summary>Whether its value is each clone's own: what is worked out for requests that differ in nothing else is worked out once, and filled in with it.</summary>
    internal bool IsOfEachClone { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Name;

    [GeneratedRegex("(?<=[a-z])(?=[A-Z])", RegexOptions.CultureInvariant, Timeout.Infinite)]
    private static partial Regex Humps();
}
