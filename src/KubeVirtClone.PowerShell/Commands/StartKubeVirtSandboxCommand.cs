using System.Globalization;
using KubeVirtClone.Completion;
using KubeVirtClone.Input;
using KubeVirtClone.Sandbox;
using KubeVirtClone.Session;

namespace KubeVirtClone.Commands;

/// <summary>Starts a local KubeVirt API with demo VMs, and connects this session to it.</summary>
[Cmdlet(VerbsLifecycle.Start, "KubeVirtSandbox", SupportsShouldProcess = true, HelpUri = HelpPages.Root + "Start-KubeVirtSandbox.md")]
[OutputType(typeof(KubeVirtSandbox))]
public sealed class StartKubeVirtSandboxCommand : AsyncCmdlet
{
    private readonly List<PSObject> _objects = [];
    private bool _given;

    /// <summary>Port on the loopback interface; a free one when not given.</summary>
    [Parameter]
    [ValidateRange(0, 65_535)]
    public int Port { get; set; }

    /// <summary>KubeVirt version to behave as.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ProfileCompleter))]
    public string Profile { get; set; } = "1.9";

    /// <summary>How many more virtual machines to seed beside the demo's.</summary>
    [Parameter]
    [ValidateRange(0, 1_000_000)]
    public int VMCount { get; set; }

    /// <summary>
    /// What the sandbox starts with in place of the demo's VMs: names, tables with Name, Namespace, Labels, Annotations, Running,
    /// StorageClass and Size, or whole Kubernetes objects of any kind as tables or as ConvertFrom-Json makes them.
    /// </summary>
    [Parameter(ValueFromPipeline = true)]
    [ValidateNotNull]
    public PSObject[]? VM { get; set; }

    /// <summary>Faults to switch on.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(FaultCompleter))]
    public string[] Fault { get; set; } = [];

    /// <summary>Lets simulated time run this many times as fast as real time.</summary>
    [Parameter]
    [ValidateRange(0.01, 10_000)]
    public double? ClockFactor { get; set; }

    /// <summary>Answer as fast as possible, without a real KubeVirt's brakes on cloning.</summary>
    [Parameter]
    public SwitchParameter NoPacing { get; set; }

    /// <summary>Seed of everything random (uids, names, faults), for repeatable runs; another each time when not given.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int? Seed { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (VM is null) return;
        _given = true;
        _objects.AddRange(VM);
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        var session = KubeVirtSession.Current;
        if (session.Sandbox is { IsRunning: true } running)
        {
            ThrowTerminatingError(ErrorRecords.Create(
                "SandboxRunning",
                ErrorCategory.ResourceExists,
                $"This session already runs a sandbox (process {running.ProcessId}).",
                "End it first: Stop-KubeVirtSandbox",
                running.ProcessId));
        }

        if (!ShouldProcess("a local KubeVirt API", "Start")) return;
        var program = FindProgram();
        SandboxProcess? started = null;
        try
        {
            Run(async ct => started = await SandboxProcess.StartAsync(program, Arguments(), _given ? PowerShellJson.Write(_objects) : null, ct));
        }
        catch (SandboxException e)
        {
            ThrowTerminatingError(ErrorRecords.Create("SandboxStartFailed", ErrorCategory.OpenError, e.Message, e.RecommendedAction, program));
        }

        // One that has died by itself still has its folder.
        session.Sandbox?.Dispose();
        session.Sandbox = started;
        session.SandboxReplaced = (session.Chosen, session.ChosenNamespace);
        session.Choose(new ConnectionSettings { KubeConfig = started!.KubeConfig }, @namespace: null);
        RunWithSandbox(session, started);
    }

    private void RunWithSandbox(KubeVirtSession session, SandboxProcess started) => Run(async ct =>
    {
        await using var use = await session.OpenAsync(session.Chosen!, ct);
        var cluster = use.Cluster;
        var sandbox = new KubeVirtSandbox
        {
            Server = cluster.Client.Configuration.Server.GetLeftPart(UriPartial.Authority),
            KubeConfig = started.KubeConfig,
            Profile = Profile,
            ProcessId = started.ProcessId,
            StartTime = DateTimeOffset.UtcNow,
        };
        Post(() => WriteObject(sandbox));
    });

    private List<string> Arguments()
    {
        List<string> arguments = ["--parent-pid", Text(Environment.ProcessId), "--profile", Profile];
        if (Port != 0) arguments.AddRange(["--port", Text(Port)]);
        if (VMCount != 0) arguments.AddRange(["--vms", Text(VMCount)]);
        foreach (var fault in Fault) arguments.AddRange(["--fault", fault]);
        if (ClockFactor is { } factor) arguments.AddRange(["--clock-factor", factor.ToString(CultureInfo.InvariantCulture)]);
        if (NoPacing) arguments.Add("--no-pacing");
        if (Seed is { } seed) arguments.AddRange(["--seed", Text(seed)]);
        return arguments;
    }

    private string FindProgram()
    {
        // For development: the module as built from source need not carry a sandbox of its own.
        if (Environment.GetEnvironmentVariable("KUBEVIRTCLONE_SANDBOX") is { Length: > 0 } given) return given;
        var program = Path.Combine(Path.GetDirectoryName(GetType().Assembly.Location) ?? ".", "sandbox", "kubectl-vmclone.dll");
        if (!File.Exists(program))
        {
            ThrowTerminatingError(ErrorRecords.Create(
                "SandboxNotFound",
                ErrorCategory.ObjectNotFound,
                $"The sandbox is not part of this installation: '{program}' is missing.",
                "Install the module again, or set KUBEVIRTCLONE_SANDBOX to the path of a kubectl-vmclone program.",
                program));
        }

        return program;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
