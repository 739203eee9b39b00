using System.Collections;
using System.Management.Automation.Runspaces;
using KubeVirtClone.Session;

namespace KubeVirtClone.Pipeline;

/// <summary>
/// A command of the module that goes on in the background of this process, as a job: over the session's own connection, as the same user. What it writes is
/// Receive-Job's; stopping the job stops the command, which leaves what it has made.
/// </summary>
internal sealed class CommandJob : Job
{
    private readonly Runspace _runspace;
    private readonly System.Management.Automation.PowerShell _shell;
    private readonly PSDataCollection<PSObject> _input = [];

    private CommandJob(string command, string line, string module, string location)
        : base(line, command)
    {
        PSJobTypeName = "KubeVirtCloneJob";
        var state = InitialSessionState.CreateDefault2();
        state.ImportPSModule([module]);
        _runspace = RunspaceFactory.CreateRunspace(state);
        _runspace.ThreadOptions = PSThreadOptions.UseNewThread;
        _shell = System.Management.Automation.PowerShell.Create();
        _shell.Runspace = _runspace;
        Location = location;
        _shell.Streams.Error = Error;
        _shell.Streams.Warning = Warning;
        _shell.Streams.Verbose = Verbose;
        _shell.Streams.Debug = Debug;
        _shell.Streams.Information = Information;
        _shell.Streams.Progress = Progress;
        _shell.InvocationStateChanged += (_, change) => Follow(change.InvocationStateInfo);
    }

    /// <inheritdoc/>
    public override bool HasMoreData => Output.Count + Error.Count + Warning.Count + Verbose.Count + Debug.Count + Information.Count + Progress.Count > 0;

    /// <inheritdoc/>
    public override string Location { get; }

    /// <inheritdoc/>
    public override string StatusMessage => "";

    /// <summary>Begins a command as a job of its session.</summary>
    /// <param name="cmdlet">The command that was called with -AsJob.</param>
    /// <param name="parameters">What the command is called with in the job.</param>
    /// <param name="input">What is piped into it there.</param>
    public static CommandJob Begin(PSCmdlet cmdlet, IDictionary parameters, IEnumerable input)
    {
        var info = (CmdletInfo)cmdlet.MyInvocation.MyCommand;
        var location = cmdlet.SessionState.Path.CurrentFileSystemLocation.ProviderPath;
        var job = new CommandJob(info.Name, cmdlet.MyInvocation.Line.Trim(), info.Module?.Path ?? info.ImplementingType.Assembly.Location, location);
        job._runspace.Open();
        job._runspace.SessionStateProxy.Path.SetLocation(WildcardPattern.Escape(location));
        // The very session: no second login, and what is connected stays connected.
        KubeVirtSession.Current.Join(job._runspace);
        job._shell.AddCommand(new CmdletInfo(info.Name, info.ImplementingType)).AddParameters(parameters);
        var any = false;
        foreach (var item in input)
        {
            job._input.Add(PSObject.AsPSObject(item));
            any = true;
        }

        job._input.Complete();
        job.SetJobState(JobState.Running);
        job._shell.BeginInvoke(any ? job._input : null, job.Output);
        cmdlet.JobRepository.Add(job);
        return job;
    }

    /// <inheritdoc/>
    public override void StopJob()
    {
        if (JobStateInfo.State is JobState.Running) _shell.Stop();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _shell.Dispose();
            _runspace.Dispose();
            _input.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Follow(PSInvocationStateInfo state)
    {
        switch (state.State)
        {
            case PSInvocationState.Completed:
                SetJobState(JobState.Completed);
                break;
            case PSInvocationState.Failed:
                if (state.Reason is IContainsErrorRecord { ErrorRecord: { } error }) Error.Add(error);
                SetJobState(JobState.Failed);
                break;
            case PSInvocationState.Stopped:
                SetJobState(JobState.Stopped);
                break;
        }
    }
}
