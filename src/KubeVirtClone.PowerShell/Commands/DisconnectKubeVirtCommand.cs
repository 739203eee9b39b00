using KubeVirtClone.Kubernetes.Authentication;
using KubeVirtClone.Session;

namespace KubeVirtClone.Commands;

/// <summary>Forgets the cluster chosen by Connect-KubeVirt and closes its connections; kubectl's rules decide again.</summary>
[Cmdlet(VerbsCommunications.Disconnect, "KubeVirt", HelpUri = HelpPages.Root + "Disconnect-KubeVirt.md")]
public sealed class DisconnectKubeVirtCommand : AsyncCmdlet
{
    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        var session = KubeVirtSession.Current;
        if (session.Chosen is null) WriteVerbose("No cluster was chosen in this session.");
        CredentialCache.Shared.Clear();
        session.Unchoose();
        Run(_ => session.CloseAsync());
    }
}
