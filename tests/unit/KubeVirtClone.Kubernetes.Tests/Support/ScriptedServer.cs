using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using KubeVirtClone.Kubernetes.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace KubeVirtClone.Kubernetes.Tests.Support;

/// <summary>What a request looked like when it came.</summary>
internal sealed record SeenRequest(string Method, string Path, string Query, string Protocol, IReadOnlyDictionary<string, string> Headers, string Body, string? ClientName)
{
    public string? QueryValue(string name) =>
        Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(Query).TryGetValue(name, out var value) ? value.ToString() : null;
}

/// <summary>An HTTP(S) server on loopback that answers by a script: the n-th request gets the n-th answer, the last answer is repeated.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<SeenRequest> _requests = new();
    private readonly Func<HttpContext, SeenRequest, int, Task> _answer;
    private int _count;

    private ScriptedServer(Func<HttpContext, SeenRequest, int, Task> answer, X509Certificate2? certificate, Action<HttpsConnectionAdapterOptions>? https)
    {
        _answer = answer;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                if (certificate is not null)
                {
                    listen.UseHttps(certificate, options =>
                    {
                        options.CheckCertificateRevocation = false;
                        https?.Invoke(options);
                    });
                }
            });
        });
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.Zero);
        _app = builder.Build();
        _app.Run(HandleAsync);
    }

    public IReadOnlyList<SeenRequest> Requests => [.. _requests];

    public Uri Url { get; private set; } = null!;

    public static Task<ScriptedServer> StartAsync(params Func<HttpContext, SeenRequest, Task>[] script) =>
        StartAsync((http, seen, number) => script[Math.Min(number, script.Length) - 1](http, seen));

    public static async Task<ScriptedServer> StartAsync(
        Func<HttpContext, SeenRequest, int, Task> answer, X509Certificate2? certificate = null, Action<HttpsConnectionAdapterOptions>? https = null)
    {
        var server = new ScriptedServer(answer, certificate, https);
        await server._app.StartAsync();
        var address = new Uri(server._app.Urls.Single());
        server.Url = new Uri($"{address.Scheme}://{(certificate is null ? "127.0.0.1" : "localhost")}:{address.Port}");
        return server;
    }

    public IKubernetesClient Client(KubernetesClientOptions? options = null) =>
        KubernetesClientFactory.Create(new ClusterConfiguration { Server = Url }, options);

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        try
        {
            await _app.StopAsync(now.Token);
        }
        catch (OperationCanceledException)
        {
            // Answers that hang on purpose are cut.
        }

        await _app.DisposeAsync();
    }

    /// <summary>Kestrel resets the connection without finishing the answer.</summary>
    public static void Cut(HttpContext http) => http.Abort();

    public static Func<HttpContext, SeenRequest, Task> Json(JsonNode body, int status = 200, params (string Name, string Value)[] headers) =>
        Text(body.ToJsonString(), "application/json", status, headers);

    public static Func<HttpContext, SeenRequest, Task> Text(string body, string type, int status, params (string Name, string Value)[] headers) => async (http, _) =>
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = type;
        foreach (var (name, value) in headers)
            http.Response.Headers.Append(name, value);
        await http.Response.WriteAsync(body);
    };

    /// <summary>Sends lines, each at once, then waits for the client to go.</summary>
    public static Func<HttpContext, SeenRequest, Task> Lines(bool thenHang, params JsonNode[] lines) => async (http, _) =>
    {
        http.Response.ContentType = "application/json";
        await http.Response.StartAsync();
        foreach (var line in lines)
            await SendAsync(http, line.ToJsonString() + "\n");
        await http.Response.Body.FlushAsync();
        if (thenHang)
            await HangAsync(http);
    };

    public static async Task SendAsync(HttpContext http, string text)
    {
        await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text));
        await http.Response.Body.FlushAsync();
    }

    public static async Task HangAsync(HttpContext http)
    {
        var gone = new TaskCompletionSource();
        await using var registration = http.RequestAborted.Register(() => gone.TrySetResult());
        await gone.Task;
    }

    private async Task HandleAsync(HttpContext http)
    {
        http.Features.Get<IHttpMinResponseDataRateFeature>()?.MinDataRate = null;
        using var reader = new StreamReader(http.Request.Body);
        var seen = new SeenRequest(
            http.Request.Method,
            http.Request.Path,
            http.Request.QueryString.Value ?? "",
            http.Request.Protocol,
            http.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            await reader.ReadToEndAsync(),
            http.Connection.ClientCertificate?.GetNameInfo(X509NameType.SimpleName, forIssuer: false));
        _requests.Enqueue(seen);
        await _answer(http, seen, Interlocked.Increment(ref _count));
    }
}
