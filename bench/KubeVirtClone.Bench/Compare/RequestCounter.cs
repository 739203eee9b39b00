using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace KubeVirtClone.Bench.Compare;

/// <summary>Counts the requests that the web server of this process is asked.</summary>
internal sealed class RequestCounter : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>, IDisposable
{
    private const string Began = "Microsoft.AspNetCore.Hosting.HttpRequestIn.Start";
    private readonly List<IDisposable> _subscriptions = [];
    private long _requests;
    private long _watches;

    public RequestCounter() => _subscriptions.Add(DiagnosticListener.AllListeners.Subscribe(this));

    /// <summary>What was counted since this was last called.</summary>
    public Asked Take() => new(Interlocked.Exchange(ref _requests, 0), Interlocked.Exchange(ref _watches, 0));

    public void Dispose() => _subscriptions.ForEach(each => each.Dispose());

    public void OnNext(DiagnosticListener value)
    {
        if (value.Name == "Microsoft.AspNetCore") _subscriptions.Add(value.Subscribe(this, name => name.StartsWith("Microsoft.AspNetCore.Hosting.HttpRequestIn", StringComparison.Ordinal)));
    }

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value.Key != Began || value.Value is not HttpContext http) return;
        Interlocked.Increment(ref _requests);
        if (http.Request.Query["watch"].ToString() is "true" or "1") Interlocked.Increment(ref _watches);
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }
}
