using System.Collections.Concurrent;

namespace KubeVirtClone.Kubernetes.Authentication;

/// <summary>
/// What logging in gave, kept in memory: clients that log in alike share it, so that a plugin runs once for a whole process, however many
/// connections it makes.
/// </summary>
public sealed class CredentialCache
{
    private readonly ConcurrentDictionary<string, PluginLogin> _plugins = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, OidcTokens> _oidc = new(StringComparer.Ordinal);

    /// <summary>The one that all clients of this process share unless told otherwise.</summary>
    public static CredentialCache Shared { get; } = new();

    /// <summary>Forgets everything: whoever needs credentials next logs in again. Clients that exist keep what they have.</summary>
    public void Clear()
    {
        _plugins.Clear();
        _oidc.Clear();
    }

    internal PluginLogin Login(CredentialPlugin plugin, TimeProvider clock) =>
        _plugins.GetOrAdd(plugin.Key(), static (_, made) => new PluginLogin(made.plugin, made.clock), (plugin, clock));

    internal OidcTokens Login(OidcLogin login, TimeProvider clock) =>
        _oidc.GetOrAdd(login.Key(), static (_, made) => new OidcTokens(made.login, made.clock), (login, clock));
}
