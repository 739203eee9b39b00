using KubeVirtClone.Cli.Input;

namespace KubeVirtClone.Cli.Commands;

/// <summary>Completes and checks what a user selects, before anything is sent.</summary>
internal static class CloneSelector
{
    /// <summary>Replaces '-' by the names on stdin, and KIND/NAME by NAME.</summary>
    /// <param name="selection">As typed.</param>
    /// <param name="input">Stdin.</param>
    /// <param name="name">Gives NAME.</param>
    /// <exception cref="UsageException">Stdin was to name them, and names nothing.</exception>
    public static CloneSelection ReadNames(CloneSelection selection, TextReader input, Func<string, string> name) =>
        selection with { Names = [.. NameReader.Select(selection.Names, input).Select(name)] };

    /// <summary>Refuses a command that names nothing: waiting for, or removing, everything must be said.</summary>
    /// <param name="selection">As typed.</param>
    /// <param name="all">Whether another option says what is meant.</param>
    /// <param name="choices">The ways to say it.</param>
    /// <param name="items">What is selected.</param>
    /// <exception cref="UsageException">Nothing, or both all and some, are selected.</exception>
    public static void Require(CloneSelection selection, bool all, string choices, string items = "clones")
    {
        var some = selection.IsNarrow;
        if (!some && !all)
            throw new UsageException($"say which {items}: {choices}");
        if (selection.Names.Count > 0 && all)
            throw new UsageException($"name {items}, or take all of them, not both: {choices}");
    }
}
