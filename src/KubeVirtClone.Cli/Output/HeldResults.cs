namespace KubeVirtClone.Cli.Output;

/// <summary>Results that may have to wait until a live display has left the terminal; disposing prints them.</summary>
internal sealed class HeldResults(CliConsole console, bool hold) : IDisposable
{
    private readonly StringWriter? _held = hold ? new StringWriter() : null;

    public TextWriter Writer => _held ?? console.Output;

    /// <summary>Prints what is held now.</summary>
    public void Flush()
    {
        if (_held is null)
            return;
        console.Output.Write(_held.ToString());
        console.Output.Flush();
        _held.GetStringBuilder().Clear();
    }

    public void Dispose()
    {
        Flush();
        _held?.Dispose();
    }
}
