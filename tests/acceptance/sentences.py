"""The specification of session management, sentence by sentence, as it was given to us.

A key stays with its sentence for good. Tests name the sentences they show: `@pytest.mark.sentence("S-18", "S-24")`.
`adr` is the decision that says where we do otherwise, or how the sentence is to be read.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sentence:
    """`section` is the heading it stands under, `text` its words."""

    key: str
    section: str
    text: str
    adr: str = ""


SENTENCES = (
    Sentence(
        "S-01",
        "Overview",
        "The Advanced Session Management system provides sophisticated multi-session support for the Telegram"
        " → Discord → Telegram forwarding bot.",
    ),
    Sentence(
        "S-02",
        "Overview",
        "This system enables secure management of dozens of concurrent Telegram sessions across hundreds of "
        "forwarding pairs with dynamic scaling, health monitoring, and administrative controls.",
    ),
    Sentence(
        "S-03",
        "Session Abstraction & Management",
        "**Centralized Session Registry**: All sessions stored securely with metadata including status, "
        "associations, and health information",
    ),
    Sentence(
        "S-04",
        "Session Abstraction & Management",
        "**Session Lifecycle Management**: Complete CRUD operations for session registration, authentication,"
        " health verification, and deletion",
    ),
    Sentence(
        "S-05",
        "Session Abstraction & Management",
        "**Enhanced Session Information**: Priority levels, capacity limits, worker assignments, and custom "
        "metadata support",
    ),
    Sentence(
        "S-06",
        "Worker Segregation",
        "**Automatic Worker Groups**: Each 20-30 pairs per session run in isolated worker groups",
        adr="0004",
    ),
    Sentence(
        "S-07",
        "Worker Segregation",
        "**Process Isolation**: Session failures only affect their associated worker groups",
        adr="0004",
    ),
    Sentence(
        "S-08",
        "Worker Segregation",
        "**Dynamic Rebalancing**: Automatic worker group reorganization when sessions change",
    ),
    Sentence(
        "S-09",
        "Bulk Operations",
        "**Bulk Session Reassignment**: Move multiple pairs between sessions in a single operation",
    ),
    Sentence(
        "S-10",
        "Bulk Operations",
        "**Capacity Validation**: Pre-flight checks for session health and capacity before reassignment",
    ),
    Sentence("S-11", "Bulk Operations", "**Audit Logging**: Comprehensive logging of all session assignment changes"),
    Sentence(
        "S-12",
        "Health Monitoring",
        "**Continuous Health Checks**: Automated monitoring of session health every 5 minutes",
    ),
    Sentence("S-13", "Health Monitoring", "**Access Verification**: Validation of pair-level access permissions"),
    Sentence(
        "S-14",
        "Health Monitoring",
        "**Automatic Recovery**: Intelligent handling of unhealthy sessions with fallback strategies",
    ),
    Sentence(
        "S-15", "Security & Configuration", "**Encrypted Session Storage**: All session files encrypted with master key"
    ),
    Sentence(
        "S-16",
        "Security & Configuration",
        "**Admin Access Control**: Whitelist-based admin permissions for all session operations",
    ),
    Sentence(
        "S-17",
        "Security & Configuration",
        "**Comprehensive Logging**: Detailed audit trails for security and debugging",
    ),
    Sentence("S-18", "Session Registration", "/registersession <session_name> <phone_number> [priority] [max_pairs]"),
    Sentence("S-19", "Session Registration", "Register a new Telegram user session for forwarding pairs."),
    Sentence(
        "S-20", "Session Registration", "`session_name`: Unique identifier for the session (alphanumeric + underscores)"
    ),
    Sentence("S-21", "Session Registration", "`phone_number`: Telegram phone number for the session"),
    Sentence(
        "S-22", "Session Registration", "`priority`: Session priority for pair assignment (1-10, higher = better)"
    ),
    Sentence("S-23", "Session Registration", "`max_pairs`: Maximum pairs this session can handle (1-50, default: 30)"),
    Sentence("S-24", "Session Registration", "/registersession user1_main +1234567890 3 25"),
    Sentence("S-25", "Session Authentication", "/authenticate <session_name> [verification_code]"),
    Sentence("S-26", "Session Authentication", "Authenticate a registered session with Telegram."),
    Sentence("S-27", "Session Authentication", "`session_name`: Name of the session to authenticate"),
    Sentence("S-28", "Session Authentication", "`verification_code`: Optional Telegram verification code"),
    Sentence("S-29", "Session Authentication", "/authenticate user1_main 12345"),
    Sentence("S-30", "Session Status", "/sessionstatus [session_name]"),
    Sentence("S-31", "Session Status", "View detailed status for a specific session or overview of all sessions."),
    Sentence(
        "S-32",
        "Session Status",
        "/sessionstatus user1_main    # Specific session details\n/sessionstatus               # All sessions overview",
    ),
    Sentence("S-33", "Bulk Session Reassignment", "/changesession <new_session_name> <pair_specification>"),
    Sentence("S-34", "Bulk Session Reassignment", "Reassign pairs to a different session in bulk."),
    Sentence("S-35", "Bulk Session Reassignment", "`1,2,3,4`: Comma-separated pair IDs"),
    Sentence("S-36", "Bulk Session Reassignment", "`1-10`: Range of pair IDs"),
    Sentence("S-37", "Bulk Session Reassignment", "`all_from:session_name`: All pairs from a specific session"),
    Sentence(
        "S-38",
        "Bulk Session Reassignment",
        "/changesession user2_backup 1,2,3,4,5\n"
        "/changesession user3_main 10-20\n"
        "/changesession user1_main all_from:user2_backup",
    ),
    Sentence("S-39", "Session Health", "/sessionhealth [session_name]"),
    Sentence("S-40", "Session Health", "Check health status of sessions."),
    Sentence(
        "S-41",
        "Session Health",
        "/sessionhealth user1_main    # Detailed health for specific session\n"
        "/sessionhealth               # Health overview for all sessions",
    ),
    Sentence("S-42", "Session Deletion", "/deletesession <session_name> [force]"),
    Sentence("S-43", "Session Deletion", "Delete a session with safety checks."),
    Sentence("S-44", "Session Deletion", "`session_name`: Name of session to delete"),
    Sentence(
        "S-45", "Session Deletion", "`force`: Optional flag to delete sessions with active pairs (reassigns them)"
    ),
    Sentence("S-46", "Session Deletion", "/deletesession old_session\n/deletesession problematic_session force"),
    Sentence("S-47", "Optimal Session Selection", "/optimalsession"),
    Sentence(
        "S-48",
        "Optimal Session Selection",
        "Find the best session for new pair assignments based on priority, capacity, and health.",
    ),
    Sentence("S-49", "Worker Status", "/workerstatus"),
    Sentence("S-50", "Worker Status", "View status of all worker groups managing session pairs."),
    Sentence("S-51", "Health Status Values", "**healthy**: Session is fully operational and accessible"),
    Sentence("S-52", "Health Status Values", "**unhealthy**: Session has connectivity or access issues", adr="0011"),
    Sentence("S-53", "Health Status Values", "**expired**: Session authentication has expired"),
    Sentence("S-54", "Health Status Values", "**unauthorized**: Session lacks required permissions", adr="0011"),
    Sentence("S-55", "Health Status Values", "**unknown**: Health status not yet determined"),
    Sentence("S-56", "Health Status Values", "**deleted**: Session has been removed"),
    Sentence(
        "S-57", "Automated Health Actions", "**5-minute intervals**: Regular health checks for all active sessions"
    ),
    Sentence(
        "S-58", "Automated Health Actions", "**Unhealthy detection**: Automatic notification and pair status updates"
    ),
    Sentence("S-59", "Automated Health Actions", "**Expired sessions**: Automatic disabling of associated pairs"),
    Sentence(
        "S-60", "Automated Health Actions", "**Recovery attempts**: Intelligent retry logic for temporary failures"
    ),
    Sentence(
        "S-61", "Automatic Worker Creation", "**Session-based grouping**: Each session gets dedicated worker groups"
    ),
    Sentence("S-62", "Automatic Worker Creation", "**Capacity limits**: Maximum 30 pairs per worker group"),
    Sentence("S-63", "Automatic Worker Creation", "**Process isolation**: Worker failures don't affect other sessions"),
    Sentence("S-64", "Worker Rebalancing", "**Load distribution**: Even pair distribution across workers"),
    Sentence("S-65", "Worker Rebalancing", "**Dynamic scaling**: New workers created as pairs are added"),
    Sentence("S-66", "Worker Rebalancing", "**Consolidation**: Underutilized workers automatically merged"),
    Sentence("S-67", "Worker Health Monitoring", "**Regular checks**: Worker health verified every 3 minutes"),
    Sentence("S-68", "Worker Health Monitoring", "**Pair validation**: Continuous verification of pair assignments"),
    Sentence("S-69", "Worker Health Monitoring", "**Automatic cleanup**: Inactive workers removed automatically"),
    Sentence("S-70", "Session Limits", "**Max pairs per session**: Configurable limit (default: 30)"),
    Sentence("S-71", "Session Limits", "**Health check interval**: Monitoring frequency (default: 5 minutes)"),
    Sentence("S-72", "Session Limits", "**Session timeout**: Expiration threshold (default: 1 hour)"),
    Sentence("S-73", "Worker Configuration", "**Max pairs per worker**: Worker capacity limit (default: 30)"),
    Sentence(
        "S-74", "Worker Configuration", "**Health check frequency**: Worker monitoring interval (default: 3 minutes)"
    ),
    Sentence("S-75", "Worker Configuration", "**Rebalance threshold**: Trigger for worker reorganization"),
    Sentence("S-76", "Security Settings", "**Admin whitelist**: User IDs authorized for session management"),
    Sentence("S-77", "Security Settings", "**Session encryption**: Master key for session data protection"),
    Sentence("S-78", "Security Settings", "**Audit logging**: Comprehensive operation logging", adr="0012"),
    Sentence("S-79", "Session Naming", "Use descriptive, consistent naming conventions"),
    Sentence("S-80", "Session Naming", "Include user identifier and purpose (e.g., `user1_main`, `backup_session`)"),
    Sentence("S-81", "Session Naming", "Avoid special characters except underscores"),
    Sentence("S-82", "Capacity Planning", "Set realistic max_pairs limits based on device capabilities"),
    Sentence("S-83", "Capacity Planning", "Higher priority sessions for critical forwarding pairs"),
    Sentence("S-84", "Capacity Planning", "Regular monitoring of session utilization"),
    Sentence("S-85", "Health Monitoring", "Monitor session health dashboard regularly"),
    Sentence("S-86", "Health Monitoring", "Respond promptly to unhealthy session alerts"),
    Sentence("S-87", "Health Monitoring", "Maintain backup sessions for critical pairs"),
    Sentence("S-88", "Security", "Regularly audit admin user permissions"),
    Sentence("S-89", "Security", "Monitor session access patterns"),
    Sentence("S-90", "Security", "Use secure phone numbers for session registration"),
    Sentence("S-91", "Session Authentication Failures", "Verify phone number format (+1234567890)"),
    Sentence("S-92", "Session Authentication Failures", "Check Telegram verification code delivery"),
    Sentence("S-93", "Session Authentication Failures", "Ensure session name doesn't already exist"),
    Sentence("S-94", "Capacity Exceeded Errors", "Check session utilization with `/sessionstatus`"),
    Sentence("S-95", "Capacity Exceeded Errors", "Increase max_pairs limit if needed"),
    Sentence("S-96", "Capacity Exceeded Errors", "Distribute pairs across multiple sessions"),
    Sentence("S-97", "Worker Group Issues", "Use `/workerstatus` to check worker health"),
    Sentence("S-98", "Worker Group Issues", "Restart bot if workers become unresponsive", adr="0014"),
    Sentence("S-99", "Worker Group Issues", "Monitor system resources during high load"),
    Sentence("S-100", "Health Check Failures", "Verify network connectivity"),
    Sentence("S-101", "Health Check Failures", "Check Telegram API access"),
    Sentence("S-102", "Health Check Failures", "Review session permissions"),
    Sentence("S-103", "Unhealthy Sessions", "Check `/sessionhealth` for specific error details"),
    Sentence("S-104", "Unhealthy Sessions", "Attempt re-authentication with `/authenticate`"),
    Sentence("S-105", "Unhealthy Sessions", "If persistent, use `/changesession` to move pairs"),
    Sentence("S-106", "Unhealthy Sessions", "Consider session deletion and recreation"),
    Sentence("S-107", "Failed Bulk Operations", "Review error message for specific issue"),
    Sentence("S-108", "Failed Bulk Operations", "Check target session capacity and health"),
    Sentence("S-109", "Failed Bulk Operations", "Split large operations into smaller batches"),
    Sentence("S-110", "Failed Bulk Operations", "Verify pair IDs are valid and active"),
    Sentence("S-111", "Worker Group Problems", "Check `/workerstatus` for worker details"),
    Sentence("S-112", "Worker Group Problems", "Restart bot to reset worker groups", adr="0014"),
    Sentence("S-113", "Worker Group Problems", "Monitor system resources and memory usage"),
    Sentence("S-114", "Worker Group Problems", "Reduce pairs per session if performance issues persist"),
    Sentence(
        "S-115",
        "API Integration",
        "The advanced session management system provides programmatic access through the "
        "`AdvancedSessionManager` class:",
    ),
    Sentence(
        "S-116",
        "API Integration",
        "# Register a new session\n"
        "success = await advanced_session_manager.register_session(\n"
        '    "api_session", "+1234567890", priority=2, max_pairs=25\n'
        ")\n"
        "\n"
        "# Get session status\n"
        'status = await advanced_session_manager.get_session_status("api_session")\n'
        "\n"
        "# Bulk reassign pairs\n"
        "result = await advanced_session_manager.bulk_reassign_session(\n"
        '    [1, 2, 3], "target_session"\n'
        ")\n"
        "\n"
        "# Find optimal session\n"
        "optimal = await advanced_session_manager.get_optimal_session_for_assignment()",
    ),
    Sentence(
        "S-117",
        "API Integration",
        "This comprehensive system ensures reliable, scalable, and secure management of multiple Telegram "
        "sessions for large-scale message forwarding operations.",
    ),
)
