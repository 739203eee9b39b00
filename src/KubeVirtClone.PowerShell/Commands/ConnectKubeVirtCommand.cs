using KubeVirtClone.Session;

namespace KubeVirtClone.Commands;

/// <summary>Chooses the cluster that this session's commands talk to, and shows what it is.</summary>
[Cmdlet(VerbsCommunications.Connect, "KubeVirt", HelpUri = HelpPages.Root + "Connect-KubeVirt.md")]
[OutputType(typeof(KubeVirtConnection))]
public sealed class ConnectKubeVirtCommand : KubeVirtCmdlet
{
    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        var session = KubeVirtSession.Current;
        var settings = GetGivenSettings();
        Run(async ct =>
        {
            // Asked anew even if it is open: connecting again is how one looks whether something has changed.
            await session.CloseAsync(settings);
            await using var use = await session.OpenAsync(settings, ct);
            var info = await use.Cluster.GetInfoAsync(ct);
            var connection = new KubeVirtConnection
            {
                Server = info.Server.GetLeftPart(UriPartial.Path).TrimEnd('/'),
                Context = info.Context,
                User = settings.ImpersonateUser ?? info.User,
                Namespace = string.IsNullOrEmpty(Namespace) ? info.Namespace : Namespace,
                KubernetesVersion = info.KubernetesVersion,
                KubeVirtVersion = info.KubeVirtVersion,
                CloneApiVersion = info.CloneApiVersion,
                SnapshotApiVersion = info.SnapshotApiVersion,
                SnapshotGate = info.SnapshotGate,
            };
            Post(() =>
            {
                // The context is kept by name: another `kubectl config use-context` later must not move this session.
                session.Choose(settings with { Context = info.Context }, Namespace);
                WriteObject(connection);
            });
        });
    }
}
