using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using KubeVirtClone.Kubernetes.Transport;

namespace KubeVirtClone.Kubernetes.Serialization;

/// <summary>One walk over the pages of a list. What fails is for the caller to settle: it can go on from <see cref="Continue"/>.</summary>
internal sealed class ListPass(ApiTransport transport, ResourceKind kind, string? ns, ListOptions options, Repeat repeat)
{
    /// <summary>Token of the page that is being read, or that would be read next; null for the first.</summary>
    public string? Continue { get; set; }

    /// <summary>Objects a page; 0 for all in one.</summary>
    public int PageSize { get; set; } = options.PageSize;

    /// <summary>Version the list shows; null until a page has been read.</summary>
    public string? ResourceVersion { get; private set; }

    /// <summary>Whether a page has begun to arrive and is not yet complete.</summary>
    public bool IsInsidePage { get; private set; }

    public async IAsyncEnumerable<JsonElement> ReadAsync([EnumeratorCancellation] CancellationToken ct)
    {
        do
        {
            IsInsidePage = false;
            var request = Request();
            using var answer = await transport.OpenAsync(request, ct);
            IsInsidePage = true;
            using var page = new ListPageReader(answer.Body, transport.Options.RequestTimeout, $"GET {request.Path}");
            while (await page.NextAsync() is { } item)
                yield return item;
            IsInsidePage = false;
            Continue = page.Continue;
            ResourceVersion = page.ResourceVersion;
        }
        while (Continue is not null);
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
