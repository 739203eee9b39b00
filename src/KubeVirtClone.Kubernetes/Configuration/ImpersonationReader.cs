using KubeVirtClone.Kubernetes.Authentication;

namespace KubeVirtClone.Kubernetes.Configuration;

/// <summary>Whom to act as, from what was asked for and the kubeconfig's user entry together.</summary>
internal static class ImpersonationReader
{
    /// <summary>As kubectl merges them: each part that was asked for replaces the entry's, the others stay; groups are replaced all at once.</summary>
    /// <param name="user">The user entry; null for none.</param>
    /// <param name="options">What was asked for.</param>
    /// <returns>Null for oneself.</returns>
    /// <exception cref="KubeConfigException">Groups, a UID or extra fields without a user.</exception>
    public static Impersonation? Read(KubeConfigEntry? user, KubeConfigOptions options)
    {
        var name = Given(options.ImpersonateUser) ?? user?.Text("as");
        var groups = options.ImpersonateGroups.Count > 0 ? options.ImpersonateGroups : user?.Texts("as-groups") ?? [];
        var uid = Given(options.ImpersonateUid) ?? user?.Text("as-uid");
        var extra = user?.Child("as-user-extra") is { } entry && entry.FieldNames().Count > 0 ? entry : null;
        if (name is not null)
            return new Impersonation(name, groups, uid, extra?.FieldNames().ToDictionary(field => field, extra.Texts, StringComparer.Ordinal));
        if (groups.Count == 0 && uid is null && extra is null)
            return null;
        if (options.ImpersonateGroups.Count == 0 && Given(options.ImpersonateUid) is null && user is not null)
            throw user.Invalid("as", "is missing: groups, a UID or extra fields can be taken on only together with a user", KubeConfigProblem.ImpersonationIncomplete);
        throw new KubeConfigException(KubeConfigProblem.ImpersonationIncomplete, "Groups or a UID can be taken on only together with a user to act as, and none is named.");
    }

    private static string? Given(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
