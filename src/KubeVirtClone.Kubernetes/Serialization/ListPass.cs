using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading.Channels;
using KubeVirtClone.Kubernetes.Transport;

namespace KubeVirtClone.Kubernetes.Serialization;

/// <summary>One walk over the pages of a list. What fails is for the caller to settle: it can go on from <see cref="Continue"/>.</summary>
internal sealed class ListPass(ApiTransport transport, ResourceKind kind, string? ns, ListOptions options, Repeat repeat)
{
    // Of some 64 KB each; more where single objects are larger.
    private const int RunsAhead = 16;

    /// <summary>Token of the page that is being read, or that would be read next; null for the first.</summary>
    public string? Continue { get; set; }

    /// <summary>Objects a page; 0 for all in one.</summary>
    public int PageSize { get; set; } = options.PageSize;

    /// <summary>Version the list shows; null until a page has been read.</summary>
    public string? ResourceVersion { get; private set; }

    /// <summary>Whether a page has begun to arrive and is not yet complete.</summary>
    public bool IsInsidePage { get; private set; }

    /// <summary>
    /// The objects. While they are taken one by one, those that come after them are read already, and the page after theirs is asked for: a little ahead,
    /// so that neither the server nor whoever takes them waits for the other.
    /// </summary>
    public async IAsyncEnumerable<JsonElement> ReadAsync([EnumeratorCancellation] CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var ahead = Channel.CreateBounded<ListedRun>(new BoundedChannelOptions(RunsAhead) { SingleReader = true, SingleWriter = true });
        using var taken = new SemaphoreSlim(0);
        var reading = ReadPagesAsync(ahead.Writer, taken, stop.Token);
        try
        {
            await foreach (var run in ahead.Reader.ReadAllAsync(ct))
            {
                using (run)
                {
                    if (run.BeginsPage)
                        taken.Release();
                    for (var index = 0; index < run.Count; index++)
                        yield return run.Parse(index);
                }
            }
        }
        finally
        {
            await stop.CancelAsync();
            await reading;
            while (ahead.Reader.TryRead(out var left))
                left.Dispose();
        }
    }

    // Whatever ends it comes to the reader after the objects before it.
    private async Task ReadPagesAsync(ChannelWriter<ListedRun> runs, SemaphoreSlim taken, CancellationToken ct)
    {
        try
        {
            do
            {
                IsInsidePage = false;
                var request = Request();
                using var answer = await transport.OpenAsync(request, ct);
                IsInsidePage = true;
                using var page = new ListPageReader(answer.Body, transport.Options.RequestTimeout, $"GET {request.Path}");
                var any = false;
                while (await page.NextAsync() is { } run)
                {
                    run.BeginsPage = !any;
                    any = true;
                    await runs.WriteAsync(run, ct);
                }

                IsInsidePage = false;
                Continue = page.Continue;
                ResourceVersion = page.ResourceVersion;
                // No more than one page before whoever takes them: they may want no more.
                if (any && Continue is not null)
                    await taken.WaitAsync(ct);
            }
            while (Continue is not null);
            runs.Complete();
        }
#pragma warning disable CA1031 // The reader is who is told.
        catch (Exception e)
#pragma warning restore CA1031
        {
            runs.Complete(e);
        }
    }

    private ApiRequest Request()
    {
        var query = new Query()
            .Add("labelSelector", options.LabelSelector)
            .Add("fieldSelector", options.FieldSelector)
            .Add("limit", PageSize > 0 ? PageSize.ToString(CultureInfo.InvariantCulture) : null)
            .Add("continue", Continue)
            // A continue token carries its version; the server refuses a second one.
            .Add("resourceVersion", Continue is null ? options.ResourceVersion : null);
        return new ApiRequest(HttpMethod.Get, kind.PathFor(ns) + query, repeat);
    }
}
