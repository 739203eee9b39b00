using System.Net;
using System.Net.Sockets;
using System.Text;

namespace KubeVirtClone.Kubernetes.Tests.Support;

/// <summary>A SOCKS 5 proxy on loopback, perhaps with a user and password.</summary>
internal sealed class SocksProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<string> _asked = [];
    private readonly string? _credentials;

    public SocksProxy(string? user = null, string? password = null)
    {
        _credentials = user is null ? null : $"{user}:{password}";
        _listener.Start();
        _ = Task.Run(AcceptAsync);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Name and port of every connection asked for.</summary>
    public IReadOnlyList<string> Asked
    {
        get
        {
            lock (_asked)
                return [.. _asked];
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Stop();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var client = await _listener.AcceptTcpClientAsync(_stop.Token);
            _ = Task.Run(() => ServeAsync(client));
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        var stream = client.GetStream();
        var offered = await TakeAsync(stream, (await TakeAsync(stream, 2))[1]);
        var wanted = (byte)(_credentials is null ? 0 : 2);
        var isOffered = offered.Contains(wanted);
        await stream.WriteAsync((byte[])[5, isOffered ? wanted : (byte)255], _stop.Token);
        if (!isOffered)
            return;
        if (_credentials is not null)
        {
            await TakeAsync(stream, 1);
            var user = await TextAsync(stream);
            var isRight = $"{user}:{await TextAsync(stream)}" == _credentials;
            await stream.WriteAsync((byte[])[1, isRight ? (byte)0 : (byte)1], _stop.Token);
            if (!isRight)
                return;
        }

        var kind = (await TakeAsync(stream, 4))[3];
        var host = kind == 3 ? await TextAsync(stream) : new IPAddress(await TakeAsync(stream, kind == 1 ? 4 : 16)).ToString();
        var end = await TakeAsync(stream, 2);
        var port = (end[0] << 8) | end[1];
        lock (_asked)
            _asked.Add($"{host}:{port}");
        using var server = new TcpClient();
        await server.ConnectAsync(host, port, _stop.Token);
        await stream.WriteAsync((byte[])[5, 0, 0, 1, 0, 0, 0, 0, 0, 0], _stop.Token);
        await Task.WhenAny(stream.CopyToAsync(server.GetStream(), _stop.Token), server.GetStream().CopyToAsync(stream, _stop.Token));
    }

    private async Task<string> TextAsync(NetworkStream stream) => Encoding.UTF8.GetString(await TakeAsync(stream, (await TakeAsync(stream, 1))[0]));

    private async Task<byte[]> TakeAsync(NetworkStream stream, int count)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, _stop.Token);
        return bytes;
    }
}
