using System.Collections;
using System.Management.Automation.Language;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Session;

namespace KubeVirtClone.Completion;

/// <summary>
/// Base of the completers that ask the cluster. Ctrl+C does not interrupt a completer, so none waits longer than
/// <see cref="Deadline"/>; what comes later is there at the next Tab.
/// </summary>
public abstract class ClusterCompleter : IArgumentCompleter
{
    /// <summary>Longest time a Tab may take.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromMilliseconds(300);

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        ArgumentNullException.ThrowIfNull(fakeBoundParameters);
        var session = KubeVirtSession.Current;
        var settings = session.Complete(CompletionSettings.From(fakeBoundParameters));
        var all = fakeBoundParameters.Contains("AllNamespaces") || fakeBoundParameters.Contains("A");
        var @namespace = CompletionSettings.Text(fakeBoundParameters, "Namespace")
            ?? (fakeBoundParameters.Contains("Context") || fakeBoundParameters.Contains("KubeConfig") ? null : session.ChosenNamespace);
        var candidates = session.Completions.Get(
            $"{GetType().Name}|{settings}|{settings.Fingerprint}|{(all ? "*" : @namespace)}",
            Deadline,
            async ct =>
            {
                await using var use = await session.OpenAsync(settings, ct);
                var cluster = use.Cluster;
                var found = new List<Candidate>();
                await foreach (var candidate in ListAsync(cluster, all ? null : @namespace ?? cluster.Namespace, ct)) found.Add(candidate);
                return found;
            });
        var owners = Array.ConvertAll(OwnerParameters, p => CompletionSettings.Text(fakeBoundParameters, p)).OfType<string>().ToList();
        return CompletionText.Offer(owners.Count == 0 ? candidates : candidates.Where(c => c.Of is null || owners.Contains(c.Of, StringComparer.OrdinalIgnoreCase)), wordToComplete);
    }

    /// <summary>The parameters that say what the candidates must belong to.</summary>
    private protected virtual string[] OwnerParameters => [];

    /// <summary>Everything that could be meant.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="namespace">Namespace to look in; null for all.</param>
    /// <param name="ct">Cancels.</param>
    private protected abstract IAsyncEnumerable<Candidate> ListAsync(KubeVirtCluster cluster, string? @namespace, CancellationToken ct);
}
