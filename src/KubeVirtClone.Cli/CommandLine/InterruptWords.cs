namespace KubeVirtClone.Cli.CommandLine;

/// <summary>What a command says if it is interrupted, said once: on the way out, or by the signal handler when there is no way out.</summary>
internal sealed class InterruptWords : IDisposable
{
    private readonly Interruption _interruption;
    private readonly Action _words;
    private int _said;

    public InterruptWords(Interruption interruption, Action words)
    {
        _interruption = interruption;
        _words = words;
        interruption.LastWords = Say;
    }

    public void Dispose()
    {
        if (_interruption.Code is not null)
            Say();
        _interruption.LastWords = null;
    }

    private void Say()
    {
        if (Interlocked.Exchange(ref _said, 1) == 0)
            _words();
    }
}
