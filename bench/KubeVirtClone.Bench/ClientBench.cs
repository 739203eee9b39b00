using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using KubeVirtClone.Kubernetes;
using KubeVirtClone.Kubernetes.Configuration;

namespace KubeVirtClone.Bench;

/// <summary>The figures that the client underneath must not lose. It uses nothing that an older commit lacks, so that it runs there too.</summary>
internal static class ClientBench
{
    private static readonly ResourceKind Machines = new("kubevirt.io", "v1", "virtualmachines", "VirtualMachine");

    /// <summary>What a process needs for its first request: kubeconfig, connection, TLS. Run in a process of its own, by <paramref name="kubeConfig"/>.</summary>
    public static async Task FirstRequestAsync(string kubeConfig)
    {
        var started = Stopwatch.StartNew();
        var configuration = KubeConfigLoader.Load(new KubeConfigOptions { Path = kubeConfig });
        await using var client = KubernetesClientFactory.Create(configuration);
        await client.SendAsync(HttpMethod.Get, "/version", body: null, "application/json", CancellationToken.None);
        using var process = Process.GetCurrentProcess();
        Console.WriteLine(FormattableString.Invariant($"{started.Elapsed.TotalMilliseconds:F0} {process.TotalProcessorTime.TotalMilliseconds:F0} {process.WorkingSet64 >> 20}"));
    }

    /// <summary>Medians of the first request in fresh processes: time, processor time, memory.</summary>
    public static (double Milliseconds, double ProcessorMilliseconds, double Megabytes) FirstRequests(string kubeConfig, int rounds)
    {
        var all = new List<double[]>();
        for (var round = 0; round < rounds; round++)
        {
            using var process = StartSelf("first-request", kubeConfig);
            var line = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0) throw new InvalidOperationException($"The first request failed: {line}");
            all.Add([.. line.Split(' ').Select(text => double.Parse(text, System.Globalization.CultureInfo.InvariantCulture))]);
        }

        return (Median(all.Select(each => each[0])), Median(all.Select(each => each[1])), Median(all.Select(each => each[2])));
    }

    /// <summary>This program once more, with other arguments; its input and output are the caller's.</summary>
    public static Process StartSelf(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet") start.ArgumentList.Add(typeof(ClientBench).Assembly.Location);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    /// <summary>All pages of a list as bytes, unread: what the server and the line take. <see cref="ListAsync"/> is measured against it.</summary>
    public static async Task<TimeSpan> RawListAsync(ClusterConfiguration cluster)
    {
        using var handler = new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.GZip };
        if (cluster.Trust.CertificateAuthorities is { } authorities)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(authorities);
            handler.SslOptions.CertificateChainPolicy = policy;
        }

        using var http = new HttpClient(handler) { DefaultRequestVersion = HttpVersion.Version20 };
        if (cluster.Credentials.Token is { } token) http.DefaultRequestHeaders.Authorization = new("Bearer", token);
        var time = Stopwatch.StartNew();
        string? next = "";
        while (next is not null)
        {
            var page = await http.GetByteArrayAsync(new Uri(cluster.Server, $"/apis/kubevirt.io/v1/virtualmachines?limit=500{(next.Length > 0 ? "&continue=" + Uri.EscapeDataString(next) : "")}"));
            next = ContinueOf(page);
        }

        return time.Elapsed;
    }

    /// <summary>The same list by the client, object by object; when the first came, and the most memory seen within the first thousand and in all.</summary>
    public static async Task<(TimeSpan Whole, TimeSpan First, long EarlyMegabytes, long Megabytes)> ListAsync(IKubernetesClient client, int expected)
    {
        var time = Stopwatch.StartNew();
        TimeSpan? first = null;
        var seen = 0;
        var (early, most) = (0L, 0L);
        await foreach (var machine in client.ListAsync(Machines, ns: null, options: null, CancellationToken.None))
        {
            first ??= time.Elapsed;
            if (machine.Name.Length > 0 && ++seen % 100 == 0) most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: false));
            if (seen <= 1000) early = most;
        }

        if (seen < expected) throw new InvalidOperationException($"Only {seen} of {expected} VMs were listed.");
        return (time.Elapsed, first!.Value, early >> 20, most >> 20);
    }

    /// <summary>POSTs at the same time whose bodies come 200 ms after their headers.</summary>
    /// <param name="count">How many.</param>
    /// <param name="post">Sends one; null for the verb of the client.</param>
    public static async Task<(TimeSpan Time, int Threads)> LateBodiesAsync(int count, Func<IKubernetesClient, Task>? post = null)
    {
        using var server = new LateBodyServer();
        await using var client = KubernetesClientFactory.Create(new ClusterConfiguration { Server = server.Url });
        var secrets = new ResourceKind("", "v1", "secrets", "Secret");
        var before = ThreadPool.ThreadCount;
        var time = Stopwatch.StartNew();
        post ??= each => each.CreateAsync(secrets, "ns", new JsonObject { ["kind"] = "Secret" }, options: null, CancellationToken.None);
        await Task.WhenAll(Enumerable.Range(0, count).Select(_ => post(client)));
        return (time.Elapsed, ThreadPool.ThreadCount - before);
    }

    /// <summary>Milliseconds that importing a module takes beyond an empty one, in fresh PowerShells; null where none can be started.</summary>
    public static double? ImportBeyondEmpty(string module, string folder, int rounds)
    {
        var empty = Path.Combine(folder, "Empty.psm1");
        File.WriteAllText(empty, "");
        var script = $"$null = Measure-Command {{ Get-Item . }}; $e = (Measure-Command {{ Import-Module '{empty}' }}).TotalMilliseconds; ((Measure-Command {{ Import-Module '{module}' }}).TotalMilliseconds - $e).ToString([cultureinfo]::InvariantCulture)";
        var all = new List<double>();
        for (var round = 0; round < rounds; round++)
        {
            var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, UseShellExecute = false };
            foreach (var argument in new[] { "tool", "run", "pwsh", "-NoProfile", "-NonInteractive", "-Command", script }) start.ArgumentList.Add(argument);
            using var process = Process.Start(start)!;
            var line = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            if (!double.TryParse(line, System.Globalization.CultureInfo.InvariantCulture, out var time)) return null;
            all.Add(time);
        }

        return Median(all);
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    /// <summary>The token of the next page. Found as text: reading the page as JSON would be a part of what is measured.</summary>
    private static string? ContinueOf(byte[] page)
    {
        var at = page.AsSpan().LastIndexOf("\"continue\":\""u8);
        if (at < 0) return null;
        var text = page.AsSpan(at + 12);
        var token = Encoding.UTF8.GetString(text[..text.IndexOf((byte)'"')]);
        return token.Length == 0 ? null : token;
    }

    /// <summary>Answers every POST at once by its headers and 200 ms later by its body.</summary>
    private sealed class LateBodyServer : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        public LateBodyServer()
        {
            _listener.Start(backlog: 1024);
            _ = AcceptAsync();
        }

        public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

        public void Dispose() => _listener.Stop();

        private async Task AcceptAsync()
        {
            try
            {
                while (true) _ = AnswerAsync(await _listener.AcceptTcpClientAsync());
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The end of the measurement.
            }
        }

        private static async Task AnswerAsync(TcpClient connection)
        {
            using (connection)
            {
                var stream = connection.GetStream();
                var buffer = new byte[16 * 1024];
                var length = 0;
                while (!buffer.AsSpan(0, length).EndsWith("}"u8))
                {
                    var count = await stream.ReadAsync(buffer.AsMemory(length));
                    if (count == 0) return;
                    length += count;
                }

                var body = "{\"kind\":\"Secret\",\"metadata\":{\"name\":\"s\"}}"u8.ToArray();
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n"));
                await Task.Delay(200);
                await stream.WriteAsync(body);
            }
        }
    }
}
