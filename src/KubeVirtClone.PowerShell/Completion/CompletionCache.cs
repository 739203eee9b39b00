using System.Collections.Concurrent;

namespace KubeVirtClone.Completion;

/// <summary>
/// What was listed for completion, for half a minute. A listing that takes longer than the prompt may wait goes on and
/// fills the cache, so that the next Tab has an answer.
/// </summary>
internal sealed class CompletionCache(TimeProvider clock)
{
    /// <summary>How long a listing is good for.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    /// <summary>How long a listing may go on in the background.</summary>
    private static readonly TimeSpan FetchLimit = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, Listing> _listings = new(StringComparer.Ordinal);

    /// <summary>The candidates, or none when they are not there within <paramref name="deadline"/>. Never throws.</summary>
    public IReadOnlyList<Candidate> Get(string key, TimeSpan deadline, Func<CancellationToken, Task<IReadOnlyList<Candidate>>> fetch)
    {
        var listing = _listings.AddOrUpdate(key, _ => Start(fetch), (_, known) => IsFresh(known) ? known : Start(fetch));
        try
        {
            if (listing.Task.Value.Wait(deadline)) return listing.Task.Value.Result;
        }
        catch (AggregateException)
        {
            // No connection, no right: there is nothing to offer, and the next Tab may try again.
            _listings.TryRemove(new KeyValuePair<string, Listing>(key, listing));
        }

        return [];
    }

    private bool IsFresh(Listing listing) => clock.GetElapsedTime(listing.Started) < Lifetime;

    // Lazy: the dictionary may make a listing that it then does not keep.
    private Listing Start(Func<CancellationToken, Task<IReadOnlyList<Candidate>>> fetch) => new(
        clock.GetTimestamp(),
        new Lazy<Task<IReadOnlyList<Candidate>>>(() => Task.Run(async () =>
        {
            using var limit = new CancellationTokenSource(FetchLimit);
            return await fetch(limit.Token);
        })));

    private sealed record Listing(long Started, Lazy<Task<IReadOnlyList<Candidate>>> Task);
}
