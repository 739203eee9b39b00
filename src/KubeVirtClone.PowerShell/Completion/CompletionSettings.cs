using System.Collections;
using KubeVirtClone.Session;

namespace KubeVirtClone.Completion;

/// <summary>Reads the connection parameters typed so far.</summary>
internal static class CompletionSettings
{
    public static ConnectionSettings From(IDictionary bound) => new()
    {
        KubeConfig = Text(bound, "KubeConfig") is { } path ? Path.GetFullPath(Expand(path)) : null,
        Context = Text(bound, "Context"),
        ImpersonateUser = Text(bound, "As"),
        ImpersonateUid = Text(bound, "AsUid"),
        ImpersonateGroups = bound["AsGroup"] is IEnumerable groups and not string ? string.Join('\n', groups.Cast<object>()) : Text(bound, "AsGroup") ?? "",
    };

    /// <summary>A parameter typed so far; null when it is not, or is empty. Values that are not known before running are not there.</summary>
    public static string? Text(IDictionary bound, string name) => bound[name]?.ToString() is { Length: > 0 } text ? text : null;

    private static string Expand(string path) => path is "~" || path.StartsWith("~/", StringComparison.Ordinal)
        ? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + path[1..]
        : path;
}
