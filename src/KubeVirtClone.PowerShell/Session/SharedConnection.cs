using KubeVirtClone.Engine.Cluster;

namespace KubeVirtClone.Session;

/// <summary>A connection that several commands may work over at the same time. It is closed when it is retired and the last of them is done.</summary>
/// <param name="cluster">The connection; disposed by this object.</param>
/// <param name="fingerprint">What the kubeconfig looked like that it was made of.</param>
internal sealed class SharedConnection(KubeVirtCluster cluster, string fingerprint)
{
    private readonly object _gate = new();
    private int _uses;
    private bool _isRetired;

    /// <summary>What the kubeconfig looked like that it was made of.</summary>
    public string Fingerprint => fingerprint;

    /// <summary>Begins a use.</summary>
    public ConnectionUse Use()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isRetired, typeof(SharedConnection));
            _uses++;
        }

        return new ConnectionUse(cluster, EndAsync);
    }

    /// <summary>No use begins any more; closed now, or with the end of the last.</summary>
    public async ValueTask RetireAsync()
    {
        lock (_gate)
        {
            if (_isRetired) return;
            _isRetired = true;
            if (_uses > 0) return;
        }

        await cluster.DisposeAsync();
    }

    private async ValueTask EndAsync()
    {
        lock (_gate)
        {
            if (--_uses > 0 || !_isRetired) return;
        }

        await cluster.DisposeAsync();
    }
}

/// <summary>One use of a connection: it stays open until this is disposed, whatever happens to the session.</summary>
/// <param name="cluster">The connection.</param>
/// <param name="end">Ends the use.</param>
internal sealed class ConnectionUse(KubeVirtCluster cluster, Func<ValueTask> end) : IAsyncDisposable
{
    private int _hasEnded;

    /// <summary>The connection.</summary>
    public KubeVirtCluster Cluster => cluster;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Interlocked.Exchange(ref _hasEnded, 1) == 0 ? end() : ValueTask.CompletedTask;
}
