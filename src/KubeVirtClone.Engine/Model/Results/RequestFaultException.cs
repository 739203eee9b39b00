namespace KubeVirtClone.Engine.Model.Results;

/// <summary>Carries out of nested checks what is wrong with one request, or with one row that stands for one. It never ends more than that.</summary>
/// <param name="id">One of <see cref="FaultIds"/>.</param>
/// <param name="message">What is wrong.</param>
/// <param name="action">What to do.</param>
public sealed class RequestFaultException(string id, string message, Advice action) : Exception(message)
{
    /// <summary>One of <see cref="FaultIds"/>.</summary>
    public string Id { get; } = id;

    /// <summary>What to do.</summary>
    public Advice Action { get; } = action;

    /// <summary>Message and action in one line.</summary>
    public Advice Line => $"{Message.TrimEnd('.')}.{(Action.IsEmpty ? "" : " ")}{Action}";

    /// <summary>The same as a fault.</summary>
    /// <param name="target">What it is about.</param>
    public Fault ToFault(string target) => FaultMapper.Make(Id, FaultCategory.InvalidArgument, Message, Action, target);
}
