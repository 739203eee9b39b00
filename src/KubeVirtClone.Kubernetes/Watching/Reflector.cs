using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using KubeVirtClone.Kubernetes.Serialization;
using KubeVirtClone.Kubernetes.Transport;

namespace KubeVirtClone.Kubernetes.Watching;

/// <summary>Lists and watches one collection for as long as somebody reads, through everything a server can do meanwhile.</summary>
internal sealed class Reflector(ApiTransport transport, ResourceKind kind, string? ns, WatchOptions options)
{
    /// <summary>Beyond the time the server was asked to end the watch after.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan ShortestGoodWatch = TimeSpan.FromSeconds(1);

    /// <summary>After so many failures in a row the version may be what the server chokes on.</summary>
    private const int FailuresBeforeList = 5;

    private readonly KnownObjects _known = new();
    private readonly Backoff _backoff = new(TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(30));
    private readonly Backoff _shortRounds = new(TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(10));
    private readonly KubernetesClientOptions _options = transport.Options;

    /// <summary>Where to resume; null when a list is needed.</summary>
    private string? _version;
    private bool _listInOnePage;
    private bool _hasProgressed;
    private bool _lastWasShort;
    private int _failures;

    public async IAsyncEnumerable<ResourceEvent> RunAsync([EnumeratorCancellation] CancellationToken ct)
    {
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            var isList = _version is null;
            var started = _options.TimeProvider.GetTimestamp();
            _hasProgressed = false;
            KubernetesException? failure = null;
            await using (var events = (isList ? ListAsync(ct) : WatchAsync(ct)).GetAsyncEnumerator(ct))
            {
                while (true)
                {
                    try
                    {
                        if (!await events.MoveNextAsync())
                            break;
                    }
                    catch (KubernetesException e)
                    {
                        failure = e;
                        break;
                    }

                    yield return events.Current;
                }
            }

            if (failure is not null && EndsForGood(failure, isList))
                throw failure;
            var wait = failure is null ? AfterSuccess(isList, started) : AfterFailure(failure, isList, started);
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait, _options.TimeProvider, ct);
        }
    }

    private async IAsyncEnumerable<ResourceEvent> ListAsync([EnumeratorCancellation] CancellationToken ct)
    {
        var selection = new ListOptions { LabelSelector = options.LabelSelector, FieldSelector = options.FieldSelector };
        var pass = new ListPass(transport, kind, ns, _listInOnePage ? selection with { PageSize = 0 } : selection, Repeat.Never);
        _known.BeginList();
        await foreach (var item in pass.ReadAsync(ct))
        {
            foreach (var change in _known.Show(new KubernetesObject(item, kind), isListed: true))
                yield return change;
        }

        foreach (var gone in _known.EndList())
            yield return gone;
        _version = pass.ResourceVersion ?? "";
        _listInOnePage = false;
        yield return new ResourceEvent(ResourceEventKind.Synced, Object: null);
    }

    private async IAsyncEnumerable<ResourceEvent> WatchAsync([EnumeratorCancellation] CancellationToken ct)
    {
        var lifetime = Lifetime();
        var request = new ApiRequest(HttpMethod.Get, kind.PathFor(ns) + WatchQuery(lifetime), Repeat.Never);
        var clock = _options.TimeProvider;
        var started = clock.GetTimestamp();
        using var answer = await transport.OpenAsync(request, ct);
        using var lines = new WatchLineReader(answer.Body, $"GET {request.Path}");
        while (await lines.NextAsync(() => lifetime + Grace - clock.GetElapsedTime(started)) is { } line)
        {
            var (type, item) = Parse(line);
            if (type == "ERROR")
                throw StatusReader.FromStatus(item.Json);
            Advance(item.ResourceVersion);
            switch (type)
            {
                case "BOOKMARK":
                    break;
                case "DELETED":
                    yield return _known.Remove(item);
                    break;
                default:
                    foreach (var change in _known.Show(item, isListed: false))
                        yield return change;
                    break;
            }
        }
    }

    /// <summary>How long to ask the server to keep the watch open: random, so that not all watches end together.</summary>
    private TimeSpan Lifetime()
    {
#pragma warning disable CA5394 // Spreading load needs no secret randomness.
        var seconds = _options.WatchTimeout.TotalSeconds * (1 + Random.Shared.NextDouble());
#pragma warning restore CA5394
        return TimeSpan.FromSeconds(Math.Max(1, Math.Floor(seconds)));
    }

    private Query WatchQuery(TimeSpan lifetime) => new Query()
        .Add("labelSelector", options.LabelSelector)
        .Add("fieldSelector", options.FieldSelector)
        .Add("watch", "true")
        .Add("allowWatchBookmarks", "true")
        .Add("resourceVersion", _version)
        .Add("timeoutSeconds", lifetime.TotalSeconds.ToString("0", CultureInfo.InvariantCulture));

    private (string Type, KubernetesObject Item) Parse(JsonElement line)
    {
        if (line.ValueKind == JsonValueKind.Object
            && line.TryGetProperty("type", out var type)
            && type.ValueKind == JsonValueKind.String
            && line.TryGetProperty("object", out var item)
            && item.ValueKind == JsonValueKind.Object
            && type.GetString() is "ADDED" or "MODIFIED" or "DELETED" or "BOOKMARK" or "ERROR")
        {
            return (type.GetString()!, new KubernetesObject(item, kind));
        }

        throw new ApiAnswerInvalidException($"GET {kind.PathFor(ns)}: the watch sent something that is not an event.");
    }

    private void Advance(string version)
    {
        if (version.Length == 0)
            return;
        if (ulong.TryParse(version, out var next) && ulong.TryParse(_version, out var last) && next < last)
        {
            // Versions only grow, so this server has lost its state: everything known may be wrong.
            throw new ApiStatusException(410, "Expired", "The server's resource versions went back.");
        }

        _version = version;
        _hasProgressed = true;
        _failures = 0;
        _backoff.Reset();
    }

    private TimeSpan AfterSuccess(bool isList, long started)
    {
        // A list alone is no progress: a server that refuses every watch would be listed in a tight circle.
        if (isList)
            return TimeSpan.Zero;
        if (_hasProgressed)
            return AfterProgress(started);
        if (_options.TimeProvider.GetElapsedTime(started) < ShortestGoodWatch)
            return _backoff.Next();
        _failures = 0;
        _backoff.Reset();
        return TimeSpan.Zero;
    }

    private TimeSpan AfterFailure(KubernetesException failure, bool isList, long started)
    {
        _failures++;
        var status = failure as ApiStatusException;
        var mustList = status is not null
            && (status.IsGone || status.IsResourceVersionTooLarge || status.StatusCode is >= 400 and < 500 and not (408 or 429));
        if (isList && status is { IsGone: true })
            _listInOnePage = true;
        if (mustList || _failures % FailuresBeforeList == 0)
            _version = null;
        if (mustList && _hasProgressed)
            return AfterProgress(started);
        var wait = _backoff.Next();
        if (status?.RetryAfter > wait)
            wait = status.RetryAfter.Value;
        if (!mustList)
            _options.Information?.Invoke($"Watching {kind.Plural}: {failure.Message.TrimEnd('.')}. Trying again in {wait.TotalSeconds:0.#} s.");
        return wait;
    }

    /// <summary>Going on at once is right once; a server that ends every watch after its first event would be asked in a tight circle.</summary>
    private TimeSpan AfterProgress(long started)
    {
        var isShort = _options.TimeProvider.GetElapsedTime(started) < ShortestGoodWatch;
        if (!isShort)
            _shortRounds.Reset();
        var wait = isShort && _lastWasShort ? _shortRounds.Next() : TimeSpan.Zero;
        _lastWasShort = isShort;
        return wait;
    }

    private bool EndsForGood(KubernetesException failure, bool isList) => failure switch
    {
        ApiStatusException { StatusCode: 401 or 403 or 404 } => true,
        // Bad selectors are refused in the list; a watch refused likewise may only need another version, which the list brings.
        ApiStatusException { StatusCode: 400 or 405 or 406 or 415 or 422 or (>= 300 and < 400) } status =>
            !status.IsResourceVersionTooLarge && (isList || _failures >= 2 * FailuresBeforeList),
        ApiServerTlsException tls => tls.Reason != TlsFailureReason.Other,
        KubeConfigException or CredentialException => true,
        _ => false,
    };
}
