using System.Collections;
using KubeVirtClone.Pipeline;

namespace KubeVirtClone.Commands;

/// <summary>How a command goes on as a job.</summary>
public abstract partial class KubeVirtCmdlet
{
    // What the job's own command does not have, or what must not be said twice.
    private static readonly HashSet<string> NotForJobs = new(StringComparer.OrdinalIgnoreCase)
    {
        "AsJob", "InputObject", "WhatIf", "Confirm", "OutVariable", "ErrorVariable", "WarningVariable", "InformationVariable", "PipelineVariable", "OutBuffer",
    };

    /// <summary>Begins this command as a job and writes the job.</summary>
    /// <param name="input">What is piped into it there.</param>
    /// <param name="isInInput">Whether a parameter is in the input already; null when none is.</param>
    private protected void StartJob(IEnumerable input, Func<string, bool>? isInInput = null)
    {
        var parameters = new Hashtable(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in MyInvocation.BoundParameters)
        {
            if (!NotForJobs.Contains(name) && isInInput?.Invoke(name) != true) parameters[name] = value;
        }

        // It was asked here, where somebody could answer.
        if (MyInvocation.MyCommand is CmdletInfo info && info.Parameters.ContainsKey("Confirm")) parameters["Confirm"] = new SwitchParameter(isPresent: false);
        if (GetGivenSettings().KubeConfig is { } file) parameters[nameof(KubeConfig)] = file;
        var job = CommandJob.Begin(this, parameters, input);
        base.WriteObject(job);
    }
}
