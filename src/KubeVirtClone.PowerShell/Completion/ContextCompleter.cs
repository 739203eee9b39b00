using System.Collections;
using System.Management.Automation.Language;
using KubeVirtClone.Kubernetes;
using KubeVirtClone.Kubernetes.Configuration;
using KubeVirtClone.Session;

namespace KubeVirtClone.Completion;

/// <summary>Completes -Context from the kubeconfig; nothing is sent anywhere.</summary>
public sealed class ContextCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        try
        {
            var settings = KubeVirtSession.Current.Complete(CompletionSettings.From(fakeBoundParameters));
            return CompletionText.Offer(List(settings.ToOptions()), wordToComplete);
        }
        catch (Exception e) when (e is KubernetesException or IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static IEnumerable<Candidate> List(KubeConfigOptions options) => KubeConfigLoader.ListContexts(options).Select(c => new Candidate(
        c.Name, $"cluster {c.ClusterName}, user {c.UserName ?? "none"}, namespace {c.Namespace ?? "default"}{(c.IsCurrent ? " (current)" : "")}"));
}
