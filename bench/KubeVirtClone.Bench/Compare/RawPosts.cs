using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using KubeVirtClone.Kubernetes.Configuration;

namespace KubeVirtClone.Bench.Compare;

/// <summary>What one clone takes, as bytes.</summary>
internal sealed class RawBodies
{
    /// <summary>Puts texts into bytes.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="claim">A claim that it owns; null where it has none. The uid that stands in it as owner's is replaced by that of the machine made.</param>
    public RawBodies(string machine, string? claim)
    {
        Machine = Encoding.UTF8.GetBytes(machine);
        if (claim is null) return;
        using var read = JsonDocument.Parse(claim);
        var owner = read.RootElement.GetProperty("metadata").GetProperty("ownerReferences")[0].GetProperty("uid").GetString()!;
        var at = claim.IndexOf(owner, StringComparison.Ordinal);
        Claim = (Encoding.UTF8.GetBytes(claim[..at]), Encoding.UTF8.GetBytes(claim[(at + owner.Length)..]));
    }

    public byte[] Machine { get; }

    /// <summary>What stands before and after the owner's uid.</summary>
    public (byte[] Before, byte[] After)? Claim { get; }
}

/// <summary>Requests without a client: as little work as .NET can do for them.</summary>
internal sealed class RawPosts : IDisposable
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");
    private readonly HttpClient _http;
    private readonly Uri _machines;
    private readonly Uri _claims;

    public RawPosts(ClusterConfiguration cluster, string ns)
    {
        _http = Client(cluster);
        _machines = new(cluster.Server, $"/apis/kubevirt.io/v1/namespaces/{ns}/virtualmachines");
        _claims = new(cluster.Server, $"/api/v1/namespaces/{ns}/persistentvolumeclaims");
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Posts each machine, then its claim, over so many streams.</summary>
    public Task PostAsync(IReadOnlyList<RawBodies> bodies, int streams) =>
        Parallel.ForEachAsync(bodies, new ParallelOptions { MaxDegreeOfParallelism = streams }, async (body, ct) =>
        {
            var answer = await PostAsync(_machines, body.Machine, ct);
            if (body.Claim is { } claim) await PostAsync(_claims, [.. claim.Before, .. UidIn(answer), .. claim.After], ct);
        });

    /// <summary>Lists claims once and watches them from there, until so many whose names begin alike are bound.</summary>
    public async Task UntilBoundAsync(string prefix, int count)
    {
        var bound = new HashSet<string>(StringComparer.Ordinal);
        string version;
        using (var list = JsonDocument.Parse(await _http.GetByteArrayAsync(_claims)))
        {
            foreach (var claim in list.RootElement.GetProperty("items").EnumerateArray()) Note(claim);
            version = list.RootElement.GetProperty("metadata").GetProperty("resourceVersion").GetString()!;
        }

        if (bound.Count == count) return;
        using var answer = await _http.GetAsync(new Uri($"{_claims}?watch=true&resourceVersion={version}"), HttpCompletionOption.ResponseHeadersRead);
        answer.EnsureSuccessStatusCode();
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync());
        while (bound.Count < count)
        {
            using var change = JsonDocument.Parse(await lines.ReadLineAsync() ?? throw new InvalidOperationException("The watch of the claims ended early."));
            Note(change.RootElement.GetProperty("object"));
        }

        void Note(JsonElement claim)
        {
            if (claim.GetProperty("metadata").GetProperty("name").GetString() is { } name && name.StartsWith(prefix, StringComparison.Ordinal)
                && claim.TryGetProperty("status", out var status) && status.TryGetProperty("phase", out var phase) && phase.ValueEquals("Bound"))
            {
                bound.Add(name);
            }
        }
    }

    private async Task<byte[]> PostAsync(Uri address, byte[] body, CancellationToken ct)
    {
        using var content = new ByteArrayContent(body) { Headers = { ContentType = Json } };
        using var answer = await _http.PostAsync(address, content, ct);
        var read = await answer.Content.ReadAsByteArrayAsync(ct);
        return answer.IsSuccessStatusCode ? read : throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{(int)answer.StatusCode}: {Encoding.UTF8.GetString(read)}"));
    }

    private static ReadOnlySpan<byte> UidIn(ReadOnlySpan<byte> machine)
    {
        var value = machine[(machine.IndexOf("\"uid\":\""u8) + 7)..];
        return value[..value.IndexOf((byte)'"')];
    }

    private static HttpClient Client(ClusterConfiguration cluster)
    {
        var handler = new SocketsHttpHandler();
        if (cluster.Trust.CertificateAuthorities is { } authorities)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(authorities);
            handler.SslOptions.CertificateChainPolicy = policy;
        }

        if (cluster.Credentials.ClientCertificate is { } certificate) handler.SslOptions.ClientCertificates = [certificate];
        var http = new HttpClient(handler) { DefaultRequestVersion = HttpVersion.Version20 };
        if (cluster.Credentials.Token is { } token) http.DefaultRequestHeaders.Authorization = new("Bearer", token);
        return http;
    }
}
