using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using KubeVirtClone.Kubernetes.Authentication;
using KubeVirtClone.Kubernetes.Configuration;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Replay.Live;

/// <summary>
/// Plain HTTP to the API server that a kubeconfig names. It shares only the reading of the kubeconfig with the project's client, so
/// that the client cannot hide from the comparison what a server answers.
/// </summary>
internal sealed class LiveConnection : IDisposable
{
    private readonly HttpClient _http;
    private readonly ClusterCredentials _credentials;

    public LiveConnection(string kubeConfig)
    {
        var cluster = KubeConfigLoader.Load(new KubeConfigOptions { Path = kubeConfig });
        _credentials = cluster.Credentials;
        var handler = new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.GZip, EnableMultipleHttp2Connections = true };
        if (cluster.Trust.SkipVerification)
        {
#pragma warning disable CA5359 // The kubeconfig says so (insecure-skip-tls-verify), as kubectl would take it.
            handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (cluster.Trust.CertificateAuthorities is { } authorities)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(authorities);
            handler.SslOptions.CertificateChainPolicy = policy;
        }

        if (cluster.Trust.ServerName is { } name)
            handler.SslOptions.TargetHost = name;
        if (_credentials.ClientCertificate is { } certificate)
            handler.SslOptions.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, _credentials.ClientCertificateChain, offline: true);
        if (cluster.Proxy is { } proxy)
            handler.Proxy = new WebProxy(proxy);
        else if (cluster.Server.IsLoopback)
            handler.UseProxy = false;
        _http = new HttpClient(handler) { BaseAddress = cluster.Server, Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>The path of a resource, of one of its objects, or of a subresource of that.</summary>
    public static string Path(ResourceType type, string version, string? @namespace, string? name = null, string? subresource = null)
    {
        var path = new StringBuilder(type.Group.Length == 0 ? "/api/" : $"/apis/{type.Group}/").Append(version);
        if (type.Namespaced && @namespace is not null)
            path.Append("/namespaces/").Append(@namespace);
        path.Append('/').Append(type.Plural);
        if (name is not null)
            path.Append('/').Append(Uri.EscapeDataString(name));
        if (subresource is not null)
            path.Append('/').Append(subresource);
        return path.ToString();
    }

    /// <summary>Sends one request; the status, the body as it came, and the <c>Warning</c> headers.</summary>
    public (int Status, string Body, IReadOnlyList<string> Warnings) Send(HttpMethod method, string path, JsonNode? body = null, string contentType = "application/json", string accept = "application/json", string? user = null)
    {
        using var request = Request(method, path, accept, user);
        if (body is not null)
        {
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var response = Wait(_http.SendAsync(request, limit.Token));
        var text = Wait(response.Content.ReadAsStringAsync(limit.Token));
        return ((int)response.StatusCode, text, response.Headers.TryGetValues("Warning", out var warnings) ? [.. warnings] : []);
    }

    /// <summary>Reads JSON; null when there is no such object.</summary>
    public JsonObject? Get(string path)
    {
        var (status, body, _) = Send(HttpMethod.Get, path);
        return status switch
        {
            200 => JsonNode.Parse(body)!.AsObject(),
            404 => null,
            _ => throw new InvalidOperationException($"GET {path}: {status} {body}"),
        };
    }

    /// <summary>Lists, reports each object as added, then watches until cancelled; <paramref name="synced"/> is called once the list was read.</summary>
    public async Task WatchAsync(string path, Action<StoreEventType, JsonObject> seen, Action synced, CancellationToken cancelled)
    {
        var version = await ListAsync(path, seen, cancelled);
        synced();
        while (!cancelled.IsCancellationRequested)
        {
            try
            {
                version = await FollowAsync(path, version, seen, cancelled);
            }
            catch (Exception e) when (e is IOException or HttpRequestException or JsonException && !cancelled.IsCancellationRequested)
            {
                // A cut line: go on from the last version.
            }
            catch (OperationCanceledException) when (cancelled.IsCancellationRequested)
            {
                return;
            }
        }
    }

    public void Dispose() => _http.Dispose();

    // The replay is written as one line of steps; over HTTP each step waits for its answer.
    private static T Wait<T>(Task<T> task) => task.ConfigureAwait(false).GetAwaiter().GetResult();

    private async Task<string> ListAsync(string path, Action<StoreEventType, JsonObject> seen, CancellationToken cancelled)
    {
        using var request = Request(HttpMethod.Get, path, "application/json", null);
        using var response = await _http.SendAsync(request, cancelled);
        var text = await response.Content.ReadAsStringAsync(cancelled);
        if (!response.IsSuccessStatusCode)
            throw new InvalidOperationException($"GET {path}: {(int)response.StatusCode} {text}");
        var list = JsonNode.Parse(text)!;
        foreach (var item in list.ArrayAt("items").Objects())
            seen(StoreEventType.Added, item);
        return list.TextAt("metadata", "resourceVersion") ?? "";
    }

    private async Task<string> FollowAsync(string path, string version, Action<StoreEventType, JsonObject> seen, CancellationToken cancelled)
    {
        using var request = Request(HttpMethod.Get, $"{path}?watch=true&allowWatchBookmarks=true&resourceVersion={version}", "application/json", null);
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancelled);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancelled), Encoding.UTF8);
        while (await reader.ReadLineAsync(cancelled) is { } line)
        {
            var change = JsonNode.Parse(line)!;
            var o = change.ObjectAt("object")!;
            switch (change.TextAt("type"))
            {
                case "ADDED":
                    seen(StoreEventType.Added, o);
                    break;
                case "MODIFIED":
                    seen(StoreEventType.Modified, o);
                    break;
                case "DELETED":
                    seen(StoreEventType.Deleted, o);
                    break;
                case "ERROR":
                    throw new InvalidOperationException($"the watch of {path} ended: {line}");
            }

            version = o.TextAt("metadata", "resourceVersion") ?? version;
        }

        return version;
    }

    private HttpRequestMessage Request(HttpMethod method, string path, string accept, string? user)
    {
        var request = new HttpRequestMessage(method, path) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionOrLower };
        request.Headers.Accept.ParseAdd(accept);
        // The recorded user agent does not matter; kubectl's keeps servers from guessing field managers of unusual names.
        request.Headers.UserAgent.ParseAdd("kubevirtclone-replay");
        if (_credentials.TokenFile is { } file)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", File.ReadAllText(file).Trim());
        else if (_credentials.Token is { } token)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        else if (_credentials.Username is { } name)
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{name}:{_credentials.Password}")));
        if (user is null)
            return request;
        request.Headers.Add("Impersonate-User", user);
        request.Headers.Add("Impersonate-Group", "system:authenticated");
        return request;
    }
}
