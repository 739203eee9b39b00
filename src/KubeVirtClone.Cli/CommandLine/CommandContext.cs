using System.Globalization;
using KubeVirtClone.Cli.Progress;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Kubernetes;
using KubeVirtClone.Kubernetes.Configuration;

namespace KubeVirtClone.Cli.CommandLine;

/// <summary>What a command's action works with.</summary>
internal sealed class CommandContext : IAsyncDisposable
{
    private readonly ConnectionArguments _connection;
    private KubeVirtCluster? _cluster;
    private IProgressDisplay _display;

    public CommandContext(CliConsole console, Interruption interruption, ConnectionArguments connection)
    {
        Console = console;
        Interruption = interruption;
        _connection = connection;
        _display = new NoProgress(console.Error);
        Faults = new FaultPrinter(WriteLine);
    }

    public CliConsole Console { get; }

    public Interruption Interruption { get; }

    public CancellationToken Cancelled => Interruption.Token;

    public FaultPrinter Faults { get; }

    /// <summary>Prints a line for the user on stderr, above the live display if there is one.</summary>
    public void WriteLine(string line) => _display.WriteLine(line);

    public bool IsVerbose => _connection.Verbosity > 0;

    public void Verbose(string line)
    {
        if (IsVerbose)
            WriteLine(line);
    }

    /// <summary>What the connection options mean for the kubeconfig.</summary>
    public KubeConfigOptions KubeConfigOptions => _connection.ToKubeConfigOptions();

    // Kubernetes has no request that takes a day.
    private TimeSpan? RequestTimeout => _connection.RequestTimeout == TimeSpan.Zero ? TimeSpan.FromDays(1) : _connection.RequestTimeout;

    /// <summary>Connects, once.</summary>
    /// <exception cref="EngineException">No usable kubeconfig, no server, no KubeVirt there.</exception>
    public async Task<KubeVirtCluster> ConnectAsync() =>
        _cluster ??= await KubeVirtCluster.ConnectAsync(KubeConfigOptions, Callbacks(), Cancelled, RequestTimeout);

    /// <summary>The namespace the options name; null where it is the kubeconfig's.</summary>
    public string? GivenNamespace => _connection.Namespace is { Length: > 0 } given ? given : null;

    /// <summary>The namespace the options and the kubeconfig name, found without a server; "default" where there is no kubeconfig.</summary>
    public string NamespaceWithoutServer()
    {
        if (GivenNamespace is { } given)
            return given;
        try
        {
            return KubeConfigLoader.Load(KubeConfigOptions).Namespace;
        }
        catch (KubernetesException) when (_connection.KubeConfig is null && _connection.Context is null)
        {
            return "default";
        }
        catch (KubernetesException e)
        {
            throw new EngineException(FaultMapper.From(e));
        }
    }

    /// <summary>Shows progress while <paramref name="work"/> runs: live on a terminal, as lines when piped.</summary>
    /// <param name="title">What is being done, for example "Cloning golden → 50 VMs".</param>
    /// <param name="goal">The state counted as done.</param>
    /// <param name="takesTime">False for work that is over so soon that a log needs no lines about it.</param>
    /// <param name="work">The work; reports to the display it is given.</param>
    public async Task ShowProgressAsync(string title, string goal, bool takesTime, Func<IProgressDisplay, Task> work)
    {
        var before = _display;
        await using IProgressDisplay display = (Console.ErrorIsTerminal, takesTime) switch
        {
            (true, _) => new LiveProgress(Console.Error, title, goal, Console.Colour),
            (false, true) => new PlainProgress(Console.Error, title, goal),
            _ => new NoProgress(Console.Error),
        };
        _display = display;
        try
        {
            await work(display);
        }
        finally
        {
            _display = before;
        }
    }

    /// <summary>
    /// Where results go while progress is shown: when stdout and stderr are one terminal, a table waits until the live display is gone,
    /// so that neither tears the other; else they go to stdout as they come.
    /// </summary>
    public HeldResults HoldResultsOnTerminal(OutputFormat format) =>
        new(Console, Console.OutputIsTerminal && Console.ErrorIsTerminal && format.IsTable);

    /// <summary>Says <paramref name="words"/> once if the user interrupts, however the command then ends. Dispose it when the work is done.</summary>
    public IDisposable OnInterrupt(Action words) => new InterruptWords(Interruption, words);

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
            await _cluster.DisposeAsync();
    }

    private static string Describe(RequestTrace trace)
    {
        var outcome = trace.StatusCode?.ToString(CultureInfo.InvariantCulture) ?? trace.Failure ?? "no answer";
        var audit = trace.AuditId is null ? "" : $" audit-id {trace.AuditId}";
        var attempt = trace.Attempt > 1 ? $" attempt {trace.Attempt}" : "";
        return $"{trace.Method} {trace.PathAndQuery} {outcome} in {trace.Elapsed.TotalMilliseconds:f0} ms{attempt}{audit}";
    }

    private EngineCallbacks Callbacks() => new()
    {
        Verbose = _connection.Verbosity >= 1 ? WriteLine : null,
        Warning = line => WriteLine("warning: " + ShellWords.Line(line)),
        Information = WriteLine,
        Configured = MachineCertificates.LeaveUnreadFor,
        Trace = _connection.Verbosity >= 6 ? trace => WriteLine(Describe(trace)) : null,
    };
}
