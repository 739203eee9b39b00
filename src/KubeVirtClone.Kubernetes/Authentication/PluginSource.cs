namespace KubeVirtClone.Kubernetes.Authentication;

/// <summary>Credentials from a plugin, for one client.</summary>
internal sealed class PluginSource(PluginLogin login, PluginCaller caller) : CredentialSource
{
    public override RequestCredential? Latest => login.Latest;

    public override string? Origin => char.ToLowerInvariant(login.Name[0]) + login.Name[1..];

    public override ValueTask<RequestCredential> GetAsync(CancellationToken ct) => login.GetAsync(caller, ct);

    public override ValueTask<bool> RenewAsync(RequestCredential refused, CancellationToken ct) => login.RenewAsync(refused, caller, ct);
}
