using System.Globalization;
using System.Text;

namespace KubeVirtClone.Sandbox.Http;

/// <summary>Streams changes: initial state, selectors, bookmarks, time limit, expiry, and the faults that strike watches.</summary>
internal sealed class WatchHandler(ApiMachinery api)
{
    private static readonly TimeSpan BookmarkEvery = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LastBookmarkBeforeEnd = TimeSpan.FromSeconds(2);

    public async Task Watch(ApiCall call)
    {
        var shown = Negotiation.Choose(call);
        var request = WatchRequest.Parse(call);
        var sink = new Sink(call, shown, api);
        if (call.Fault is { Kind: FaultKind.Gone })
        {
            await sink.Start();
            await sink.Error(ApiException.Expired(request.From ?? 0, api.ResourceVersion));
            return;
        }

        await sink.Start();
        if (call.Fault is { Kind: FaultKind.Hang })
            await Task.Delay(Timeout.Infinite, call.Aborted);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(call.Aborted);
        ending.CancelAfter(request.TimeLimit);
        try
        {
            await Run(request, sink, ending.Token);
        }
        catch (OperationCanceledException) when (!call.Aborted.IsCancellationRequested)
        {
            // The time limit: the stream ends like any complete answer.
        }
    }

    private async Task Run(WatchRequest request, Sink sink, CancellationToken ending)
    {
        long at;
        if (request.From is { } from)
        {
            at = from;
        }
        else
        {
            (var items, at) = api.Snapshot(request.Type, request.Namespace);
            foreach (var item in items.Where(i => request.Wants(i.Object)))
                await sink.Send("ADDED", item, ending);
        }

        if (request.MarkInitialEnd)
            await sink.Bookmark(at, initialEnd: true, ending);
        var started = TimeProvider.System.GetTimestamp();
        var lastMark = started;
        var closingMarkSent = false;
        while (true)
        {
            var (changes, revision, next, oldest) = api.ChangesAfter(request.Type, at);
            if (changes is null)
            {
                await sink.Error(ApiException.Expired(at, oldest));
                return;
            }

            foreach (var change in changes)
                await Forward(request, sink, change, ending);
            at = Math.Max(at, revision);
            await sink.Flush(ending);
            if (!request.Bookmarks)
            {
                await next.WaitAsync(ending);
                continue;
            }

            var untilClosing = request.TimeLimit - LastBookmarkBeforeEnd - TimeProvider.System.GetElapsedTime(started);
            var untilMark = BookmarkEvery - TimeProvider.System.GetElapsedTime(lastMark);
            var wait = closingMarkSent || untilMark < untilClosing ? untilMark : untilClosing;
            if (wait > TimeSpan.Zero && await Arrives(next, wait, ending))
                continue;
            closingMarkSent |= wait == untilClosing;
            lastMark = TimeProvider.System.GetTimestamp();
            await sink.Bookmark(at, initialEnd: false, ending);
        }
    }

    private static async Task<bool> Arrives(Task next, TimeSpan within, CancellationToken ending)
    {
        try
        {
            await next.WaitAsync(within, ending);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    // An object that begins or ceases to match a selector is added or deleted for this watcher.
    private static async Task Forward(WatchRequest request, Sink sink, StoreEvent change, CancellationToken ending)
    {
        if (request.Namespace is not null && change.Namespace != request.Namespace)
            return;
        var matched = change.OldStored is { } old && request.Wants(old.Object);
        var matches = change.Type != StoreEventType.Deleted && request.Wants(change.Object);
        if (matches)
        {
            await sink.Send(matched ? "MODIFIED" : "ADDED", change.Stored, ending);
        }
        else if (change.Type == StoreEventType.Deleted && (matched || request.Wants(change.Object)))
        {
            await sink.Send("DELETED", change.Stored, ending);
        }
        else if (matched)
        {
            // The state the watcher last saw, at the revision of the change that took it away.
            var last = (JsonObject)change.OldStored!.Object.DeepClone();
            last["metadata"]!["resourceVersion"] = change.ResourceVersion.ToString(CultureInfo.InvariantCulture);
            await sink.Send("DELETED", new StoredObject(change.Resource, last, change.ResourceVersion), ending);
        }
    }

    private sealed record WatchRequest
    {
        public required ResourceType Type { get; init; }

        public string? Namespace { get; init; }

        /// <summary>Revision to go on from; null to begin with the objects there are.</summary>
        public long? From { get; init; }

        public bool Bookmarks { get; init; }

        public bool MarkInitialEnd { get; init; }

        public TimeSpan TimeLimit { get; init; }

        private string? Name { get; init; }

        private LabelSelector? Labels { get; init; }

        private FieldSelector? Fields { get; init; }

        public static WatchRequest Parse(ApiCall call)
        {
            var type = call.Type!;
            var bookmarks = call.Query("allowWatchBookmarks") is "true" or "1";
            var initial = call.Query("sendInitialEvents") is "true" or "1";
            if (initial && call.Query("resourceVersionMatch") != "NotOlderThan")
            {
                throw ApiException.Invalid(
                    "meta.k8s.io",
                    "ListOptions",
                    "",
                    [new ApiCause("resourceVersionMatch", "FieldValueForbidden", "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")]);
            }

            var text = call.Query("resourceVersion");
            long? revision = null;
            if (text.Length > 0 && text != "0" && !initial)
            {
                revision = long.TryParse(text, CultureInfo.InvariantCulture, out var given)
                    ? given
                    : throw ApiException.BadRequest($"Invalid value: \"{text}\": invalid resource version");
            }

            var seconds = double.TryParse(call.Query("timeoutSeconds"), CultureInfo.InvariantCulture, out var limit) && limit > 0 ? limit : 2700;
            return new WatchRequest
            {
                Type = type,
                Namespace = call.Path.Namespace,
                Name = call.Path.Name.Length > 0 ? call.Path.Name : null,
                From = revision,
                Bookmarks = bookmarks,
                MarkInitialEnd = initial && bookmarks,
                TimeLimit = TimeSpan.FromSeconds(seconds),
                Labels = call.Query("labelSelector") is { Length: > 0 } l ? LabelSelector.Parse(l) : null,
                Fields = call.Query("fieldSelector") is { Length: > 0 } f ? FieldSelector.Parse(f, type) : null,
            };
        }

        public bool Wants(JsonObject obj) =>
            (Name is null || obj.TextAt("metadata", "name") == Name)
            && (Labels is null || Labels.Matches(obj)) && (Fields is null || Fields.Matches(obj));
    }

    private sealed class Sink(ApiCall call, Representation shown, ApiMachinery api)
    {
        private static readonly byte[] LineEnd = "}\n"u8.ToArray();

        private readonly string _apiVersion = call.Type!.ApiVersion(call.Path.Version);
        private readonly TableWriter _tables = new(call.Type!, api.Clock, call.Query("includeObject"));
        private bool _headingsSent;
        private int _sent;

        public Task Start()
        {
            call.Http.Response.StatusCode = 200;
            call.Http.Response.ContentType = shown == Representation.Table ? "application/json;as=Table;v=v1;g=meta.k8s.io" : "application/json";
            return call.Http.Response.Body.FlushAsync(call.Aborted);
        }

        public Task Send(string type, StoredObject stored, CancellationToken ending)
        {
            var body = shown switch
            {
                Representation.Table => JsonTree.Utf8(Table(stored.In(_apiVersion))),
                Representation.Partial => JsonTree.Utf8(TableWriter.Partial(stored.Object)),
                _ => stored.Bytes(_apiVersion),
            };
            return Line(type, body, ending);
        }

        public async Task Bookmark(long revision, bool initialEnd, CancellationToken ending)
        {
            var metadata = new JsonObject();
            if (initialEnd)
                metadata["annotations"] = new JsonObject { ["k8s.io/initial-events-end"] = "true" };
            metadata["resourceVersion"] = revision.ToString(CultureInfo.InvariantCulture);
            var mark = new JsonObject { ["apiVersion"] = _apiVersion, ["kind"] = call.Type!.Kind, ["metadata"] = metadata };
            if (shown == Representation.Table)
                mark = _tables.Table(metadata.DeepClone().AsObject(), [], headings: false);
            await Line("BOOKMARK", JsonTree.Utf8(mark), ending);
            await Flush(ending);
        }

        public async Task Error(ApiException refusal)
        {
            await Line("ERROR", JsonTree.Utf8(refusal.Status), call.Aborted);
            await Flush(call.Aborted);
        }

        public Task Flush(CancellationToken ending) => call.Http.Response.Body.FlushAsync(ending);

        private JsonObject Table(JsonObject obj)
        {
            var table = _tables.Table(
                new JsonObject { ["resourceVersion"] = obj.TextAt("metadata", "resourceVersion") }, [obj], headings: !_headingsSent);
            _headingsSent = true;
            return table;
        }

        private async Task Line(string type, byte[] body, CancellationToken ending)
        {
            var start = Encoding.UTF8.GetBytes($$"""{"type":"{{type}}","object":""");
            byte[] line = [.. start, .. body, .. LineEnd];
            var strikes = call.Fault is { Kind: FaultKind.CutLine or FaultKind.HalfWatchLine } fault && _sent++ >= fault.AfterEvents;
            if (strikes)
            {
                if (call.Fault!.Kind == FaultKind.HalfWatchLine)
                    await call.Http.Response.Body.WriteAsync(line.AsMemory(0, line.Length / 2), ending);
                await Answer.BreakOff(call);
                throw new OperationCanceledException(call.Aborted);
            }

            await call.Http.Response.Body.WriteAsync(line, ending);
        }
    }
}
