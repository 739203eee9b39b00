using System.Text.Json.Nodes;
using KubeVirtClone.Kubernetes.Configuration;

namespace KubeVirtClone.Kubernetes;

/// <summary>The verbs of a Kubernetes API server.</summary>
/// <remarks>
/// Safe to use from many threads; one client shares its connections among all calls. Every method can throw
/// <see cref="ApiStatusException"/> (the server refused), <see cref="ApiServerUnreachableException"/> and
/// <see cref="ApiServerTlsException"/> (no connection), <see cref="KubeConfigException"/> (credentials cannot be read), and
/// <see cref="OperationCanceledException"/> (cancelled, within a second whatever the server does). Reads are repeated on connection errors, 429 and 5xx.
/// </remarks>
public interface IKubernetesClient : IAsyncDisposable
{
    /// <summary>What the client connects to.</summary>
    ClusterConfiguration Configuration { get; }

    /// <summary>The official client's typed calls for Kubernetes' own kinds, over the same connection.</summary>
    /// <remarks>
    /// Repeats, deadlines and exceptions are as for the verbs below, and names are escaped. For lists and watches use <see cref="ListAsync"/> and
    /// <see cref="WatchAsync"/>, which are streamed and go on where they were cut; watches of the official client are refused.
    /// </remarks>
    k8s.IKubernetes Core { get; }

    /// <summary>Reads one object.</summary>
    Task<KubernetesObject> GetAsync(ResourceKind kind, string? ns, string name, CancellationToken ct);

    /// <summary>Lists objects page by page; the first comes before its page has arrived whole, and memory does not grow with the list.</summary>
    /// <remarks>When the list expires between two pages it starts over in one page; what was given already is not given again.</remarks>
    /// <param name="kind">What to list.</param>
    /// <param name="ns">Namespace; null for all.</param>
    /// <param name="options">Selectors and paging; null for all objects.</param>
    /// <param name="ct">Cancels.</param>
    IAsyncEnumerable<KubernetesObject> ListAsync(ResourceKind kind, string? ns, ListOptions? options, CancellationToken ct);

    /// <summary>Creates an object. Repeated only when it is sure that nothing was kept (429, 503 with <c>Retry-After</c>, no connection).</summary>
    /// <exception cref="AnswerLostException">The request was sent and its answer never came: it may or may not have been done.</exception>
    Task<KubernetesObject> CreateAsync(ResourceKind kind, string? ns, JsonObject body, WriteOptions? options, CancellationToken ct);

    /// <summary>Patches an object or its subresource. Repeated as <see cref="CreateAsync"/> is.</summary>
    /// <exception cref="AnswerLostException">The request was sent and its answer never came: it may or may not have been done.</exception>
    Task<KubernetesObject> PatchAsync(
        ResourceKind kind,
        string? ns,
        string name,
        PatchKind patchKind,
        JsonNode patch,
        WriteOptions? options,
        CancellationToken ct,
        string? subresource = null);

    /// <summary>Deletes an object.</summary>
    /// <returns>The object as it waits for its finalizers or dependents; null when it is gone at once.</returns>
    /// <remarks>With <see cref="DeleteOptions.PreconditionUid"/> it is repeated after a lost answer, and "not found" then counts as done.</remarks>
    /// <exception cref="AnswerLostException">No precondition, and the answer never came: it may or may not have been done.</exception>
    Task<KubernetesObject?> DeleteAsync(ResourceKind kind, string? ns, string name, DeleteOptions? options, CancellationToken ct);

    /// <summary>Sends any other request: subresources, <c>/version</c>, reviews. GET and reviews are repeated as reads are, the rest as creates are.</summary>
    /// <param name="method">HTTP method.</param>
    /// <param name="path">Path and query from the server's root, escaped.</param>
    /// <param name="body">JSON body; null for none.</param>
    /// <param name="accept">Media type wanted, such as <c>application/json</c> or <c>*/*</c>.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="AnswerLostException">Not a GET, and the answer never came: it may or may not have been done.</exception>
    Task<HttpAnswer> SendAsync(HttpMethod method, string path, JsonNode? body, string accept, CancellationToken ct);

    /// <summary>Lists, then watches, for as long as the caller reads.</summary>
    /// <remarks>
    /// Survives cut lines, silent servers, overload, restarts and expired versions: it resumes from the last version seen, or lists again
    /// and then shows only what differs, objects gone meanwhile as <see cref="ResourceEventKind.Deleted"/>. Tries for ever; ends with an
    /// exception only when the server refuses for good (401, 403, 404, bad selectors, TLS) or on cancellation.
    /// </remarks>
    IAsyncEnumerable<ResourceEvent> WatchAsync(ResourceKind kind, string? ns, WatchOptions options, CancellationToken ct);

    /// <summary>Versions the server serves of an API group, preferred first; empty when it does not serve the group. Kept for a minute, an empty answer not at all.</summary>
    Task<IReadOnlyList<string>> GetServedVersionsAsync(string group, CancellationToken ct);
}
