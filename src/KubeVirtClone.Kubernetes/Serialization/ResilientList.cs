using System.Runtime.CompilerServices;
using System.Text.Json;
using KubeVirtClone.Kubernetes.Transport;

namespace KubeVirtClone.Kubernetes.Serialization;

/// <summary>A list that gives every object once, whatever happens between its pages.</summary>
internal static class ResilientList
{
    /// <summary>How often in a row a page that breaks off without anything new in it is asked for again.</summary>
    private const int RepeatsOfAPage = 2;

    public static async IAsyncEnumerable<KubernetesObject> ReadAsync(
        ApiTransport transport, ResourceKind kind, string? ns, ListOptions options, [EnumeratorCancellation] CancellationToken ct)
    {
        var pass = new ListPass(transport, kind, ns, options, Repeat.Always);
        var seen = new SeenObjects();
        var retry = transport.Options.Retry;
        var backoff = new Backoff(retry.BaseDelay, retry.MaxDelay);
        var failures = 0;
        var isRepeating = false;
        while (true)
        {
            await using var items = pass.ReadAsync(ct).GetAsyncEnumerator(ct);
            while (true)
            {
                TimeSpan wait;
                try
                {
                    if (!await items.MoveNextAsync())
                        yield break;
                    wait = TimeSpan.Zero;
                }
                catch (ApiStatusException e) when (e.IsGone && pass.Continue is not null)
                {
                    // The snapshot behind the pages is gone: one whole list now, as kubectl does.
                    pass.Continue = null;
                    pass.PageSize = 0;
                    isRepeating = true;
                    break;
                }
                catch (KubernetesException e) when (pass.IsInsidePage && e is ApiServerUnreachableException && ++failures <= RepeatsOfAPage)
                {
                    // Cut inside a page: the same page once more.
                    isRepeating = true;
                    wait = backoff.Next();
                    transport.Options.Information?.Invoke($"GET {kind.PathFor(ns)}: {e.Message.TrimEnd('.')}. Trying again in {wait.TotalSeconds:0.#} s.");
                }

                if (wait > TimeSpan.Zero)
                {
                    await Task.Delay(wait, transport.Options.TimeProvider, ct);
                    break;
                }

                var item = items.Current;
                if (!seen.Add(item) && isRepeating)
                    continue;
                failures = 0;
                yield return new KubernetesObject(item, kind);
            }
        }
    }

    /// <summary>Remembers objects by UID, 16 bytes each, so that the memory of a long list stays small.</summary>
    private sealed class SeenObjects
    {
        private readonly HashSet<Guid> _uids = [];
        private readonly HashSet<string> _others = new(StringComparer.Ordinal);

        public bool Add(JsonElement item)
        {
            if (!item.TryGetProperty("metadata", out var metadata) || metadata.ValueKind != JsonValueKind.Object)
                return true;
            if (metadata.TryGetProperty("uid", out var uid) && uid.ValueKind == JsonValueKind.String && uid.TryGetGuid(out var guid))
                return _uids.Add(guid);
            var view = new KubernetesObject(item);
            return _others.Add($"{view.Namespace}/{view.Name}");
        }
    }
}
