namespace KubeVirtClone.Engine.Model.Results;

/// <summary>Ends everything: nothing further can work (bad kubeconfig, unreachable server, 401, no clone API). Problems of single items are values, never this.</summary>
public sealed class EngineException : Exception
{
    /// <summary>Creates the exception for a fault.</summary>
    /// <param name="fault">What went wrong; taken as terminating.</param>
    public EngineException(Fault fault)
        : base(fault.Message, fault.Exception)
    {
        Fault = fault with { Terminating = true };
    }

    /// <summary>What went wrong and what to do about it.</summary>
    public Fault Fault { get; }
}
